package io.quern.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** Tokens for one decode: allocated once at the largest size, and refilled for every step. For one thread. */
public final class Batch implements AutoCloseable {
    static final StructLayout LAYOUT = Types.largeStruct(56);

    private static final long N_TOKENS = 0;
    private static final long TOKEN = 8;
    private static final long POS = 24;
    private static final long N_SEQ_ID = 32;
    private static final long SEQ_ID = 40;
    private static final long LOGITS = 48;

    private final Arena arena = Arena.ofShared();
    private final int capacity;
    private final MemorySegment struct;
    private final MemorySegment tokens;
    private final MemorySegment positions;
    private final MemorySegment sequences;
    private final MemorySegment outputs;
    private int size;

    public Batch(int capacity) {
        this.capacity = capacity;
        struct = arena.allocate(LAYOUT);
        tokens = arena.allocate(JAVA_INT, capacity);
        positions = arena.allocate(JAVA_INT, capacity);
        sequences = arena.allocate(JAVA_INT, capacity);
        outputs = arena.allocate(JAVA_BYTE, capacity);
        MemorySegment sequenceCounts = arena.allocate(JAVA_INT, capacity);
        MemorySegment sequencePointers = arena.allocate(ADDRESS, capacity);
        for (int i = 0; i < capacity; i++) {
            // each token belongs to one sequence, whose number is the i-th element of `sequences`
            sequenceCounts.setAtIndex(JAVA_INT, i, 1);
            sequencePointers.setAtIndex(ADDRESS, i, sequences.asSlice((long) i * Integer.BYTES));
        }
        struct.set(ADDRESS, TOKEN, tokens);
        struct.set(ADDRESS, POS, positions);
        struct.set(ADDRESS, N_SEQ_ID, sequenceCounts);
        struct.set(ADDRESS, SEQ_ID, sequencePointers);
        struct.set(ADDRESS, LOGITS, outputs);
    }

    public void clear() {
        size = 0;
    }

    /**
     * Adds a token.
     *
     * @param output whether to compute the logits after it
     * @return its index in the batch, with which its logits can be read
     * @throws IndexOutOfBoundsException if the batch is full
     */
    public int add(int token, int position, int sequence, boolean output) {
        int i = size;
        tokens.setAtIndex(JAVA_INT, i, token);
        positions.setAtIndex(JAVA_INT, i, position);
        sequences.setAtIndex(JAVA_INT, i, sequence);
        outputs.set(JAVA_BYTE, i, (byte) (output ? 1 : 0));
        size = i + 1;
        return i;
    }

    public int size() {
        return size;
    }

    public int capacity() {
        return capacity;
    }

    MemorySegment struct() {
        struct.set(JAVA_INT, N_TOKENS, size);
        return struct;
    }

    @Override
    public void close() {
        arena.close();
    }
}
