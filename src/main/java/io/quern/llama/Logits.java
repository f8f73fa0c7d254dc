package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/**
 * The logits after a token of the last batch, one for each token of the vocabulary. They are llama.cpp's own memory:
 * valid until the next decode, and what is changed here is what a {@link Sampler} sees. For one thread.
 */
public final class Logits {
    /** The logits that {@link #highest} compares at once. */
    private static final int BLOCK = 8;

    private final MemorySegment row;
    private final int size;

    Logits(MemorySegment row, int size) {
        this.row = row.reinterpret((long) size * Float.BYTES);
        this.size = size;
    }

    public int size() {
        return size;
    }

    public float get(int token) {
        return row.getAtIndex(JAVA_FLOAT, token);
    }

    /**
     * Returns the token with the highest logit; of equal ones the first, as llama.cpp's greedy sampler does. A logit
     * that is not a number never wins against an earlier one.
     *
     * <p>Positive numbers have the order of their bits, and negative ones have the sign bit. So one comparison of
     * integers excludes most logits. The JVM's first compiler, the only one in workers, takes half as long for that as
     * for comparisons of numbers.
     *
     * @param bits receives the logits, since that compiler is slow off the heap
     */
    int highest(int[] bits) {
        copyBits(bits);
        int token = 0;
        float highest = Float.intBitsToFloat(bits[0]);
        int i = 1;
        while (i < size) {
            // negative if any logit may be higher
            int bound = Float.floatToRawIntBits(highest);
            // not a method of its own, since that compiler would call it for each block
            while (bound >= 0
                    && i <= size - BLOCK
                    && bits[i] <= bound
                    && bits[i + 1] <= bound
                    && bits[i + 2] <= bound
                    && bits[i + 3] <= bound
                    && bits[i + 4] <= bound
                    && bits[i + 5] <= bound
                    && bits[i + 6] <= bound
                    && bits[i + 7] <= bound) {
                i += BLOCK;
            }
            for (int end = Math.min(size, i + BLOCK); i < end; i++) {
                float logit = Float.intBitsToFloat(bits[i]);
                if (logit > highest) {
                    highest = logit;
                    token = i;
                }
            }
        }
        return token;
    }

    void copyTo(MemorySegment other) {
        MemorySegment.copy(row, 0, other, 0, row.byteSize());
    }

    /** Copies all logits as they are in memory. */
    void copyBits(int[] to) {
        MemorySegment.copy(row, JAVA_INT, 0, to, 0, size);
    }

    public void set(int token, float logit) {
        row.setAtIndex(JAVA_FLOAT, token, logit);
    }

    public void add(int token, float bias) {
        set(token, get(token) + bias);
    }

    boolean excluded(int token) {
        // NaN too
        return !(get(token) > Float.NEGATIVE_INFINITY);
    }

    /** Excludes a token, so that it cannot be chosen. */
    public void exclude(int token) {
        set(token, Float.NEGATIVE_INFINITY);
    }
}
