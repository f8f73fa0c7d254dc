package io.quern.boot;

import io.quern.policy.StartMethod;
import java.util.OptionalInt;

/**
 * The workers that are asked for.
 *
 * @param serving the number of workers that get requests at a time, or empty if the topology policy chooses it
 * @param standbys the number of workers that wait to replace a lost one
 * @param memoryCheck what happens if they need more memory than is available
 * @param share the memory that they may use
 */
public record WorkersWanted(OptionalInt serving, int standbys, MemoryCheck memoryCheck, MemoryShare share) {

    /** Workers that may use all the memory of the machine. */
    public WorkersWanted(OptionalInt serving, int standbys, MemoryCheck memoryCheck) {
        this(serving, standbys, memoryCheck, MemoryShare.ALL);
    }

    /** Returns whether the configured standbys cannot be used: a thread of this process is lost with the process. */
    public boolean standbysUnused(StartMethod method) {
        return standbys > 0 && method == StartMethod.INLINE;
    }

    /**
     * Returns the number of workers, standbys included.
     *
     * @param chosen the number of workers that get requests at a time
     */
    public int count(int chosen, StartMethod method) {
        return standbysUnused(method) ? chosen : chosen + standbys;
    }
}
