package io.quern.pool;

import io.quarkus.runtime.configuration.MemorySize;
import io.quern.boot.MemoryPlan;
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
     * Returns the bytes, or 0 for no store.
     *
     * @param memory the plan of the workers, which the store leaves alone: it takes at most half of what they leave
     */
    long bytes(Optional<MemoryPlan> memory) {
        // memory that one model leaves belongs to models that are loaded later
        long wanted = configured.map(MemorySize::asLongValue).orElse(several ? 0 : DEFAULT_BYTES);
        long bytes = memory.filter(plan -> plan.limitBytes() > 0)
                .map(plan -> Math.min(wanted, (plan.limitBytes() - plan.neededBytes()) / 2))
                .orElse(wanted);
        return bytes < Math.min(wanted, LEAST_BYTES) ? 0 : Math.max(0, bytes);
    }
}
