package io.quern.worker;

import io.quern.wire.WorkerSettings;
import java.util.Optional;

/**
 * The slots of a worker.
 *
 * @param slots the number of slots
 * @param memory the memory that they share if it does not hold all of them when they are full
 */
record SlotRoom(int slots, Optional<CellMemory> memory) {

    /** Returns how many tokens all slots can hold together. */
    long tokens(int contextLength) {
        long full = (long) slots * contextLength;
        return memory.map(cells -> Math.min(full, cells.tokens())).orElse(full);
    }

    /** Returns all slots, or as many as the memory holds full ones if it cannot be shared. */
    static SlotRoom of(WorkerSettings settings, Decoding decoding) {
        int slots = settings.getSequences().getSlots();
        long limit = settings.getSequences().getCacheBytes();
        if (limit == 0) {
            return new SlotRoom(slots, Optional.empty());
        }
        Optional<CellMemory> memory = decoding.cells(limit);
        if (memory.isPresent()) {
            return new SlotRoom(slots, memory);
        }
        long whole = settings.getPreloaded().getContext().getCacheBytes();
        long full = whole == 0 ? 1 : (long) ((double) limit / whole * slots);
        return new SlotRoom(Math.clamp(full, 1, slots), Optional.empty());
    }
}
