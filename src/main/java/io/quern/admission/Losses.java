package io.quern.admission;

import java.util.ArrayList;
import java.util.List;

/**
 * What a request has to do with the end of the workers it ran on. Those that shared a worker with it are suspects as well, so the
 * last of the allowed moves is made alone: a request that gets on then is cleared, whoever it was; one whose worker ends again is what
 * it died of. Safe for use by several threads.
 */
final class Losses {
    /** Tokens behind the place of its last loss that clear a suspect. */
    static final int PROOF = 16;

    private final int limit;
    private final List<Loss> losses = new ArrayList<>();
    private int place;
    private int cleared;

    /** The end of a worker under the request; each is one of its own. */
    static final class Loss {
        private final int worker;

        private Loss(int worker) {
            this.worker = worker;
        }
    }

    /** @param limit moves in a row, the one alone included; also how often a request can be cleared */
    Losses(int limit) {
        this.limit = limit;
    }

    /**
     * A worker was lost under it. Whether it may go on elsewhere is told by {@link #exhausted}.
     *
     * @param delivered tokens by then
     */
    synchronized Loss add(int worker, int delivered) {
        Loss loss = new Loss(worker);
        losses.add(loss);
        place = Math.max(place, delivered);
        return loss;
    }

    /** The request had nothing to do with that loss: it does not count. */
    synchronized void acquit(Loss loss) {
        losses.remove(loss);
    }

    /** Whether the request may not go on elsewhere any more. */
    synchronized boolean exhausted() {
        return losses.size() > limit;
    }

    /** How many moves in a row are allowed. */
    int limit() {
        return limit;
    }

    /** Moves in a row. */
    synchronized int count() {
        return losses.size();
    }

    /** Whether it has to run alone. */
    synchronized boolean suspect() {
        return limit > 0 && losses.size() >= limit;
    }

    /**
     * It has got on.
     *
     * @param delivered tokens by now
     * @return whether that clears it: it was a suspect and is none any more
     */
    synchronized boolean clearedBy(int delivered) {
        if (!suspect() || delivered < place + PROOF || cleared >= limit) {
            return false;
        }
        cleared++;
        losses.clear();
        return true;
    }

    /** Those that were lost in a row, one entry for each loss. */
    synchronized List<Integer> workers() {
        return losses.stream().map(loss -> loss.worker).toList();
    }
}
