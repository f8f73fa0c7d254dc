package io.quern.boot;

/**
 * The part of the memory that the workers of one model may use.
 *
 * @param limit bytes for the engine and all workers together, or 0 for all that the machine has
 * @param taken bytes that are kept for the workers of other models
 * @param takers the names of these models, for people
 */
public record MemoryShare(long limit, long taken, String takers) {
    /** All the memory of the machine. */
    public static final MemoryShare ALL = new MemoryShare(0, 0, "");

    /**
     * Returns what is left beside one more model.
     *
     * @param bytes the main memory of its workers
     */
    public MemoryShare beside(String model, long bytes) {
        return new MemoryShare(limit, taken + bytes, takers.isEmpty() ? model : takers + ", " + model);
    }
}
