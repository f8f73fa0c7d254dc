package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/**
 * The logits after a token of the last batch, one for each token of the vocabulary. They are llama.cpp's own memory:
 * valid until the next decode, and what is changed here is what a {@link Sampler} sees. For one thread.
 */
public final class Logits {
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

    public void set(int token, float logit) {
        row.setAtIndex(JAVA_FLOAT, token, logit);
    }

    public void add(int token, float bias) {
        set(token, get(token) + bias);
    }

    /** Excludes a token, so that it cannot be chosen. */
    public void exclude(int token) {
        set(token, Float.NEGATIVE_INFINITY);
    }
}
