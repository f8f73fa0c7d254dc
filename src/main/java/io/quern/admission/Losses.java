package io.quern.admission;

import java.util.ArrayList;
import java.util.List;

/**
 * Decides whether a request crashes the workers it runs on. Requests that shared a worker with it are suspects as well.
 * Therefore a request makes the last of its allowed moves to a worker of its own. If it then makes progress, it is
 * cleared; if that worker is lost too, the request is to blame. Thread-safe.
 */
final class Losses {
    /** Tokens past the point of its last loss that clear a suspect. */
    static final int PROOF = 16;

    private final int limit;
    private final List<Loss> losses = new ArrayList<>();
    private int place;
    private int cleared;

    /** The loss of one worker while it ran the request. Each loss equals only itself. */
    static final class Loss {
        private final int worker;

        private Loss(int worker) {
            this.worker = worker;
        }
    }

    /**
     * @param limit the number of moves in a row, including the one to a worker of its own; also how many times a
     *     request can be cleared
     */
    Losses(int limit) {
        this.limit = limit;
    }

    /**
     * Records that the worker of the request was lost. {@link #exhausted} then says whether the request may move
     * again.
     *
     * @param delivered the tokens delivered so far
     */
    synchronized Loss add(int worker, int delivered) {
        Loss loss = new Loss(worker);
        losses.add(loss);
        place = Math.max(place, delivered);
        return loss;
    }

    /** Stops counting this loss, because the request did not cause it. */
    synchronized void acquit(Loss loss) {
        losses.remove(loss);
    }

    /** Returns whether the request may not move again. */
    synchronized boolean exhausted() {
        return losses.size() > limit;
    }

    /** Returns how many moves in a row are allowed. */
    int limit() {
        return limit;
    }

    /** Returns the number of losses in a row. */
    synchronized int count() {
        return losses.size();
    }

    /** Returns whether the request must run alone. */
    synchronized boolean suspect() {
        return limit > 0 && losses.size() >= limit;
    }

    /**
     * Reports progress.
     *
     * @param delivered the tokens delivered so far
     * @return whether this clears the request, which was a suspect until now
     */
    synchronized boolean clearedBy(int delivered) {
        if (!suspect() || delivered < place + PROOF || cleared >= limit) {
            return false;
        }
        cleared++;
        losses.clear();
        return true;
    }

    /** Returns the workers that were lost in a row, one entry for each loss. */
    synchronized List<Integer> workers() {
        return losses.stream().map(loss -> loss.worker).toList();
    }
}
