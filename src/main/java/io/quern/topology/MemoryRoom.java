package io.quern.topology;

/**
 * The memory of the workers as a function of their number and of their slots.
 *
 * @param limit bytes that are available, or 0 if unknown
 * @param fixed bytes for the engine, the launcher and weights that workers share
 * @param perWorker bytes of a worker without its slots
 * @param perSlot bytes of a slot
 * @param copiesPerSlot bytes for a copy of a slot's state
 * @param mostCopies largest number of bytes for copies in one worker
 */
public record MemoryRoom(long limit, long fixed, long perWorker, long perSlot, long copiesPerSlot, long mostCopies) {

    /** A memory that limits nothing. */
    public static final MemoryRoom UNKNOWN = new MemoryRoom(0, 0, 0, 0, 0, 0);

    /** Returns whether so many workers fit with so many slots each, if they take at most a share of the memory. */
    boolean allows(int workers, int slots, double share) {
        return limit == 0 || fixed + (double) workers * (perWorker + (double) perSlot * slots) <= limit * share;
    }

    /** Returns how many slots each worker can have if the slots of all take at most a share of what is left. */
    int slots(int workers, int most, double share) {
        if (limit == 0) {
            return most;
        }
        double each = (limit - fixed - (double) workers * perWorker) * share / workers;
        int slots = most;
        while (slots > 0 && bytes(slots) > each) {
            slots--;
        }
        return slots;
    }

    private double bytes(int slots) {
        return (double) perSlot * slots + Math.min(mostCopies, (double) copiesPerSlot * slots);
    }

    /** Returns the same memory, shared by several models. */
    MemoryRoom sharedBy(int models) {
        return new MemoryRoom(limit / models, fixed, perWorker, perSlot, copiesPerSlot, mostCopies);
    }
}
