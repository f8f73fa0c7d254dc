package io.quern.boot;

import io.quern.model.ModelMemory;

/**
 * Describes how much one worker holds at the same time. The planner lowers this if memory is short.
 *
 * @param slots the number of sequences
 * @param contextLength tokens per slot
 * @param stateBytes bytes for copies of sequence states
 * @param cacheBytes bytes of KV cache that all slots share, or 0 if there is enough for full slots
 */
record WorkerSize(int slots, int contextLength, long stateBytes, long cacheBytes) {
    /** Full slots that fit into a shared cache at least, so that one sequence never keeps all others waiting. */
    private static final int LEAST_FULL = 2;

    /** Creates the size of a worker with memory for full slots. */
    WorkerSize(int slots, int contextLength, long stateBytes) {
        this(slots, contextLength, stateBytes, 0);
    }

    /** Returns the bytes that copies can take at most: no more than all full slots. */
    long states(ModelMemory model) {
        return Math.min(stateBytes, model.states(slots, contextLength));
    }

    /** Returns the bytes of the KV cache. */
    long cache(ModelMemory model) {
        long full = model.cache(slots, contextLength);
        return cacheBytes == 0 ? full : Math.min(cacheBytes, full);
    }

    /** Returns whether the slots share a cache that does not hold all of them when they are full. */
    boolean shares(ModelMemory model) {
        return cache(model) < model.cache(slots, contextLength);
    }

    WorkerSize withStates(long bytes) {
        return new WorkerSize(slots, contextLength, bytes, cacheBytes);
    }

    WorkerSize withCache(long bytes) {
        return new WorkerSize(slots, contextLength, stateBytes, bytes);
    }

    /** Returns the same size with a share of the cache of full slots. */
    WorkerSize withCacheShare(ModelMemory model, double share) {
        long least = model.cache(Math.min(slots, LEAST_FULL), contextLength);
        return withCache(Math.max((long) (share * model.cache(slots, contextLength)), least));
    }
}
