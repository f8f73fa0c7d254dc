package io.quern.admission;

import java.util.ArrayList;
import java.util.List;

/**
 * What a request has to do with the end of the workers it ran on. Those that shared a worker with it are suspects as well, so the
 * last of the allowed moves is made alone: a request that gets on then is cleared, whoever it was; one whose worker ends again is what
 * it died of. Used by one thread at a time.
 */
final class Losses {
    /** Tokens behind the place of its last loss that clear a suspect. */
    static final int PROOF = 16;

    private final int limit;
    private final List<Integer> workers = new ArrayList<>();
    private int place;
    private int cleared;

    /** @param limit moves in a row, the one alone included; also how often a request can be cleared */
    Losses(int limit) {
        this.limit = limit;
    }

    /**
     * A worker was lost under it.
     *
     * @param delivered tokens by then
     * @return whether it may go on elsewhere
     */
    boolean add(int worker, int delivered) {
        workers.add(worker);
        place = Math.max(place, delivered);
        return workers.size() <= limit;
    }

    /** Moves in a row. */
    int count() {
        return workers.size();
    }

    /** Whether it has to run alone. */
    boolean suspect() {
        return limit > 0 && workers.size() >= limit;
    }

    /**
     * It has got on.
     *
     * @param delivered tokens by now
     * @return whether that clears it: it was a suspect and is none any more
     */
    boolean clearedBy(int delivered) {
        if (!suspect() || delivered < place + PROOF || cleared >= limit) {
            return false;
        }
        cleared++;
        workers.clear();
        return true;
    }

    /** Those that were lost in a row, one entry for each loss. */
    List<Integer> workers() {
        return List.copyOf(workers);
    }
}
