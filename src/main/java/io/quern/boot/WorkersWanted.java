package io.quern.boot;

import io.quern.policy.StartMethod;

/**
 * The workers that are asked for.
 *
 * @param serving get requests at a time
 * @param standbys take the place of one that serves and is lost
 * @param memoryCheck what happens if they need more memory than there is
 */
public record WorkersWanted(int serving, int standbys, MemoryCheck memoryCheck) {

    /** Whether standbys are asked for that the start method cannot have: a thread of this process is lost with it. */
    public boolean standbysUnused(StartMethod method) {
        return standbys > 0 && method == StartMethod.INLINE;
    }

    /** How many workers there will be, those that stand by among them. */
    public int count(StartMethod method) {
        return standbysUnused(method) ? serving : serving + standbys;
    }
}
