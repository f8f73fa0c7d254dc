package io.quern.boot;

import io.quern.policy.StartMethod;

/**
 * The workers that are asked for.
 *
 * @param serving the number of workers that get requests at a time
 * @param standbys the number of workers that wait to replace a lost one
 * @param memoryCheck what happens if they need more memory than is available
 * @param share the memory that they may use
 */
public record WorkersWanted(int serving, int standbys, MemoryCheck memoryCheck, MemoryShare share) {

    /** Workers that may use all the memory of the machine. */
    public WorkersWanted(int serving, int standbys, MemoryCheck memoryCheck) {
        this(serving, standbys, memoryCheck, MemoryShare.ALL);
    }

    /** Returns whether the configured standbys cannot be used: a thread of this process is lost with the process. */
    public boolean standbysUnused(StartMethod method) {
        return standbys > 0 && method == StartMethod.INLINE;
    }

    /** Returns the number of workers, standbys included. */
    public int count(StartMethod method) {
        return standbysUnused(method) ? serving : serving + standbys;
    }
}
