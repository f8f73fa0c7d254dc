package io.quern.pool;

import io.quern.launch.WorkerSpec;
import io.quern.model.TextStability;
import java.util.List;
import java.util.Map;

/**
 * The members of a fleet.
 *
 * @param serving the number of workers that get requests at a time; the rest stand by
 * @param specs one specification for each worker
 * @param textStability whether a text may depend on the requests that its worker computes together with it
 * @param parked workers that an earlier application has left, by number; the others are started
 */
record Roster(
        int serving, List<WorkerSpec> specs, TextStability textStability, Map<Integer, HandOver.ParkedWorker> parked) {

    /** Returns the memory for the states of prefixes, which all workers share, in bytes; 0: none are kept. */
    long prefixBytes() {
        return specs.stream().mapToLong(WorkerSpec::prefixBytes).min().orElse(0);
    }
}
