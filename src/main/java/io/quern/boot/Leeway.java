package io.quern.boot;

import io.quern.launch.WorkerConfig;

/**
 * Says which settings the planner may lower if memory is short.
 *
 * @param any whether it may lower anything; if not, it only compares the need with the limit
 * @param slots whether the slots are not configured and so may be lowered
 * @param context the same for the context length
 * @param states the same for the state copies
 * @param cacheShare the least share of the KV cache of full slots that the slots need, at most 1
 */
record Leeway(boolean any, boolean slots, boolean context, boolean states, double cacheShare) {

    /**
     * @param copies whether workers keep copies of states at all
     * @param shares whether slots can share the memory of the cache
     */
    static Leeway of(WorkerConfig config, MemoryCheck check, boolean copies, boolean shares) {
        return new Leeway(
                check == MemoryCheck.ENFORCE,
                config.slots().isEmpty(),
                config.contextLength() <= 0,
                copies && config.stateMemory().isEmpty(),
                shares ? config.cacheShare() : 1);
    }
}
