package io.quern.topology;

import java.util.List;
import java.util.Optional;

/**
 * The accelerators that compute.
 *
 * @param ids those that workers see, by the ids that select one of them; the ids are empty texts if a worker cannot be
 *     limited to one
 * @param configured {@code quern.worker.devices}
 * @param memory memory of each; the smallest if they differ
 */
public record Accelerators(List<String> ids, Optional<List<String>> configured, MemoryRoom memory) {
    public static final Accelerators NONE = new Accelerators(List.of(), Optional.empty(), MemoryRoom.UNKNOWN);

    boolean none() {
        return ids.isEmpty();
    }

    /** Returns whether a worker can be given one of several. */
    boolean separable() {
        return ids.size() > 1 && ids.stream().noneMatch(String::isEmpty);
    }

    /** Returns whether the model fits on one of them, with a few slots. */
    boolean holdOneEach() {
        return memory.allows(1, TopologyPolicy.LEAST_SLOTS, 1);
    }

    /** Returns the memory of all of them, for workers that use all. */
    MemoryRoom together() {
        return new MemoryRoom(
                memory.limit() * ids.size(),
                memory.fixed(),
                memory.perWorker(),
                memory.perSlot(),
                memory.copiesPerSlot(),
                memory.mostCopies());
    }
}
