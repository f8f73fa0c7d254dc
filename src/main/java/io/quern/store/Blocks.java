package io.quern.store;

import java.util.BitSet;
import java.util.Optional;

/**
 * Which blocks of a file have arrived, and which connection fetches which of the others. Thread-safe.
 */
final class Blocks {
    /** What a connection loses at most when the process is killed. */
    static final int BYTES = 256 << 10;

    private final long size;
    private final int count;
    private final int connections;
    private final BitSet taken = new BitSet();
    private long doneBytes;

    /**
     * Blocks that follow each other.
     *
     * @param first number of the first block
     * @param after number of the block after the last
     */
    record Run(int first, int after) {}

    /** @param done the blocks that have arrived already */
    Blocks(long size, int connections, BitSet done) {
        this.size = size;
        this.count = count(size);
        this.connections = connections;
        this.taken.or(done);
        done.stream().forEach(block -> doneBytes += length(block));
    }

    static int count(long size) {
        return Math.toIntExact(Math.ceilDiv(size, BYTES));
    }

    long start(int block) {
        return (long) block * BYTES;
    }

    int length(int block) {
        return (int) Math.min(BYTES, size - start(block));
    }

    /**
     * Takes blocks that nobody has and nobody fetches; empty if there are none.
     *
     * @param most number of blocks
     */
    synchronized Optional<Run> take(int most) {
        int first = taken.nextClearBit(0);
        if (first >= count) {
            return Optional.empty();
        }
        int next = taken.nextSetBit(first);
        int free = (next < 0 ? count : Math.min(next, count)) - first;
        // shorter towards the end, so that all connections have something to do
        int share = Math.ceilDiv(count - taken.cardinality(), 2 * connections);
        Run run = new Run(first, first + Math.min(free, Math.clamp(share, 1, most)));
        taken.set(run.first(), run.after());
        return Optional.of(run);
    }

    /** Gives the rest of a run back. */
    synchronized void giveBack(int first, int after) {
        taken.clear(first, after);
    }

    synchronized void arrived(int block) {
        doneBytes += length(block);
    }

    synchronized long doneBytes() {
        return doneBytes;
    }
}
