package io.quern.admission;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Remembers which worker last got a prompt that begins in some way, because it may still hold that beginning in its
 * cache. Bounded. Guarded by its owner.
 */
final class PrefixPlaces {
    private static final int MAX_BEGINNINGS = 4096;

    private final Map<Long, Integer> workers = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Integer> eldest) {
            return size() > MAX_BEGINNINGS;
        }
    };

    /** A worker gets a request. */
    void begins(PromptBeginnings beginnings, int worker) {
        for (long hash : beginnings.hashes()) {
            workers.put(hash, worker);
        }
    }

    /** Returns the worker that got the prompt with the longest common beginning, or empty. */
    OptionalInt of(PromptBeginnings beginnings) {
        long[] hashes = beginnings.hashes();
        for (int i = hashes.length - 1; i >= 0; i--) {
            Integer worker = workers.get(hashes[i]);
            if (worker != null) {
                return OptionalInt.of(worker);
            }
        }
        return OptionalInt.empty();
    }
}
