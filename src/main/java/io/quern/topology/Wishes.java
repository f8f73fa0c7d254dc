package io.quern.topology;

import java.util.OptionalInt;

/**
 * The configured numbers. Each is empty if the policy chooses it.
 *
 * @param workers {@code quern.pool.workers}
 * @param threads {@code quern.worker.threads}
 * @param slots {@code quern.worker.slots}
 */
public record Wishes(OptionalInt workers, OptionalInt threads, OptionalInt slots) {
    /** The policy chooses everything. */
    public static final Wishes NONE = new Wishes(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());
}
