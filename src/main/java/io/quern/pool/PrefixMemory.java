package io.quern.pool;

import io.quarkus.runtime.configuration.MemorySize;
import io.quern.boot.MemoryPlan;
import io.quern.wire.PrefixLayout;
import java.util.Optional;

/**
 * Decides how much memory the states of prefixes may take. Pure.
 *
 * @param configured the configured size, or empty
 * @param several whether the engine serves several models
 */
record PrefixMemory(Optional<MemorySize> configured, boolean several) {
    static final long DEFAULT_BYTES = 256L << 20;

    /** With less, hardly any prefix would fit. */
    private static final long LEAST_BYTES = 16L << 20;

    /**
     * The largest states that each worker may have besides the store: one at each place, and all of its offers together
     * are no larger than one. A state may be as large as the store.
     */
    private static final int UNDERWAY = PrefixLayout.PLACES + 1;

    /**
     * Returns the bytes, or 0 for no store.
     *
     * @param memory the plan of the workers, which the store leaves alone
     * @param workers the number of workers, standbys included
     */
    long bytes(Optional<MemoryPlan> memory, int workers) {
        // memory that one model leaves belongs to models that are loaded later
        long wanted = configured.map(MemorySize::asLongValue).orElse(several ? 0 : DEFAULT_BYTES);
        return memory.filter(plan -> plan.limitBytes() > 0)
                .map(plan -> fitting(wanted, plan.limitBytes() - plan.neededBytes(), workers))
                .orElse(wanted);
    }

    /**
     * Returns the size of a store that fits together with all states underway, or 0 if it would be too small.
     *
     * @param left the bytes that workers and engine leave; negative if they need more than there is
     */
    static long fitting(long wanted, long left, int workers) {
        long bytes = Math.min(wanted, left / (1 + UNDERWAY * workers));
        return bytes < Math.min(wanted, LEAST_BYTES) ? 0 : bytes;
    }
}
