package io.quern.topology;

import java.util.OptionalInt;

/**
 * The configured numbers. Each is empty if the policy chooses it.
 *
 * @param workers {@code quern.pool.workers}
 * @param threads {@code quern.worker.threads}
 * @param mostThreads {@code quern.worker.most-threads}
 * @param slots {@code quern.worker.slots}
 */
public record Wishes(OptionalInt workers, OptionalInt threads, OptionalInt mostThreads, OptionalInt slots) {
    /** The policy chooses everything. */
    public static final Wishes NONE = new Wishes(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());

    /** The policy chooses the most threads. */
    public Wishes(OptionalInt workers, OptionalInt threads, OptionalInt slots) {
        this(workers, threads, OptionalInt.empty(), slots);
    }
}
