package io.quern.pool;

import io.quern.boot.MemoryPlan;

/**
 * What workers need of the memory there is, as it was at boot; for people and probes.
 *
 * @param neededBytes by the engine's estimate, when all slots are full
 * @param limitBytes 0 where it is not known
 * @param limit the same for people, and where it comes from
 * @param arithmetic what the need is made of
 * @param lowered what had to give way so that it fits; empty if nothing had to
 * @param problem why it does not fit; null if it does
 * @param oomKills workers that the kernel has killed for want of memory since boot
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
