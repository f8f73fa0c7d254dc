package io.quern.pool;

import java.util.List;

/**
 * The state of a prompt's prefix, in memory that nobody can change. It outlives the worker that has computed it.
 * Guarded by its store, except for the final fields.
 */
final class StoredPrefix {
    final PrefixScope scope;
    final int tokens;
    final long bytes;
    final boolean exact;
    final List<Long> hashes;
    final WorkerMemory memory;

    private int uses;
    private double priority;

    /**
     * @param bytes the size of the memory
     * @param exact whether the state is valid only with all of its tokens
     * @param hashes of its first block of tokens, of its first two blocks, and so on
     */
    StoredPrefix(PrefixScope scope, int tokens, long bytes, boolean exact, List<Long> hashes, WorkerMemory memory) {
        this.scope = scope;
        this.tokens = tokens;
        this.bytes = bytes;
        this.exact = exact;
        this.hashes = hashes;
        this.memory = memory;
    }

    int uses() {
        return uses;
    }

    /** The lower it is, the earlier it has to make room. */
    double priority() {
        return priority;
    }

    /**
     * Records a use, or its beginning. Tokens saved per byte count, and older uses count less, because the age of the
     * store rises (GDSF, greedy dual size with frequency).
     */
    void used(double age, int times) {
        uses += times;
        priority = age + (double) uses * tokens / bytes;
    }
}
