package io.quern.boot;

import io.quern.launch.WorkerConfig;

/**
 * What may give way where memory is short.
 *
 * @param any whether anything may at all; if not, what is wanted is only compared with what there is
 * @param slots whether they are not configured, and so for the others
 */
record Leeway(boolean any, boolean slots, boolean context, boolean states) {

    /** @param copies whether workers keep copies of states at all */
    static Leeway of(WorkerConfig config, MemoryCheck check, boolean copies) {
        return new Leeway(
                check == MemoryCheck.ENFORCE,
                config.slots().isEmpty(),
                config.contextLength() <= 0,
                copies && config.stateMemory().isEmpty());
    }
}
