package io.quern.pool;

import io.quern.boot.MemoryPlan;

/**
 * Compares the memory that workers need with what is available, as planned at boot, for people and probes.
 *
 * @param neededBytes the engine's estimate for full slots
 * @param limitBytes the limit in bytes, or 0 if unknown
 * @param limit the limit and its source, as text
 * @param arithmetic the sum behind the estimate, as text
 * @param lowered what was lowered so that it fits; empty if nothing was
 * @param problem why it does not fit; null if it does
 * @param oomKills workers that the kernel has killed since boot because memory ran out
 */
public record MemoryView(
        long neededBytes,
        long limitBytes,
        String limit,
        String arithmetic,
        String lowered,
        String problem,
        long oomKills) {

    static MemoryView of(MemoryPlan plan, long oomKills) {
        return new MemoryView(
                plan.neededBytes(),
                plan.limitBytes(),
                plan.limitText(),
                plan.arithmetic(),
                plan.lowered(),
                plan.problem(),
                oomKills);
    }
}
