package io.quern.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The tokens among which llama.cpp's samplers choose ({@code llama_token_data_array}). For one thread. */
final class Candidates {
    private static final int NONE = -1;

    /** {@code llama_token_data}: id, logit, p. */
    private static final long ENTRY_BYTES = 12;

    private static final long LOGIT = 4;
    private static final long P = 8;

    /** {@code llama_token_data_array}: data, size, selected, sorted. */
    private static final long ARRAY_BYTES = 32;

    private static final long SIZE = 8;
    private static final long SELECTED = 16;
    private static final long SORTED = 24;

    /** The same in elements of four bytes. */
    private static final int ENTRY_INTS = 3;

    private final MemorySegment entries;
    private final MemorySegment array;
    /** On the heap, where the JVM's first compiler, the only one in workers, is ten times as fast. */
    private final int[] bits;

    private final int[] filled;

    /** @param arena owns the memory */
    Candidates(int capacity, Arena arena) {
        bits = new int[capacity];
        filled = new int[ENTRY_INTS * capacity];
        entries = arena.allocate(capacity * ENTRY_BYTES, Integer.BYTES);
        array = arena.allocate(ARRAY_BYTES, Long.BYTES);
    }

    MemorySegment array() {
        return array;
    }

    /** Takes all tokens of the vocabulary with their logits. */
    void fill(Logits logits) {
        int size = logits.size();
        logits.copyBits(bits);
        for (int token = 0; token < size; token++) {
            fill(token, token);
        }
        beginFilled(size);
    }

    /** Takes these tokens with their logits. */
    void fill(Logits logits, int[] tokens, int count) {
        logits.copyBits(bits);
        for (int i = 0; i < count; i++) {
            fill(i, tokens[i]);
        }
        beginFilled(count);
    }

    /**
     * Takes the tokens whose probability is at least this.
     *
     * @return their probability together
     */
    double fill(Logits logits, float[] probabilities, float least) {
        int size = logits.size();
        logits.copyBits(bits);
        double sum = 0;
        int taken = 0;
        for (int token = 0; token < size; token++) {
            float probability = probabilities[token];
            if (probability >= least) {
                fill(taken++, token);
                sum += probability;
            }
        }
        beginFilled(taken);
        return sum;
    }

    private void fill(int index, int token) {
        filled[ENTRY_INTS * index] = token;
        filled[ENTRY_INTS * index + 1] = bits[token];
        filled[ENTRY_INTS * index + 2] = 0;
    }

    /** Replaces the logits of the tokens that are here. */
    void copyTo(Logits logits) {
        int size = (int) array.get(JAVA_LONG, SIZE);
        MemorySegment.copy(entries, JAVA_INT, 0, filled, 0, ENTRY_INTS * size);
        for (int i = 0; i < size; i++) {
            logits.set(filled[ENTRY_INTS * i], Float.intBitsToFloat(filled[ENTRY_INTS * i + 1]));
        }
    }

    /** Takes a single token. */
    void only(int token) {
        entries.set(JAVA_INT, 0, token);
        entries.set(JAVA_FLOAT, LOGIT, 0);
        entries.set(JAVA_FLOAT, P, 0);
        begin(1);
    }

    /** Begins with the first entries that were filled in. */
    private void beginFilled(int size) {
        MemorySegment.copy(filled, 0, entries, JAVA_INT, 0, ENTRY_INTS * size);
        begin(size);
    }

    private void begin(long size) {
        array.set(ADDRESS, 0, entries);
        array.set(JAVA_LONG, SIZE, size);
        array.set(JAVA_LONG, SELECTED, NONE);
        array.set(JAVA_BOOLEAN, SORTED, false);
    }

    /** Returns the token that a sampler has chosen, or -1 if it found none that is not excluded. */
    int selected() {
        long index = array.get(JAVA_LONG, SELECTED);
        return index < 0 || excluded(index) ? NONE : id(index);
    }

    /** Excludes the chosen token, so that the next choice is among the others. */
    void excludeSelected() {
        excludeAt(array.get(JAVA_LONG, SELECTED));
    }

    /** Excludes a token if it is here, such as one that was picked otherwise. */
    void exclude(int token) {
        long size = array.get(JAVA_LONG, SIZE);
        for (long index = token < size && id(token) == token ? token : 0; index < size; index++) {
            if (id(index) == token) {
                excludeAt(index);
                return;
            }
        }
    }

    private int id(long index) {
        return entries.get(JAVA_INT, index * ENTRY_BYTES);
    }

    private void excludeAt(long index) {
        entries.set(JAVA_FLOAT, index * ENTRY_BYTES + LOGIT, Float.NEGATIVE_INFINITY);
        // the samplers take the first one of a sorted array for the most likely one
        array.set(JAVA_BOOLEAN, SORTED, false);
    }

    /** Returns whether the token at an index is excluded. */
    boolean excluded(long index) {
        // NaN too, which is what samplers make of logits that are all excluded
        return !(entries.get(JAVA_FLOAT, index * ENTRY_BYTES + LOGIT) > Float.NEGATIVE_INFINITY);
    }

    /** Returns whether any token is left. */
    boolean any() {
        long size = array.get(JAVA_LONG, SIZE);
        for (long index = 0; index < size; index++) {
            if (!excluded(index)) {
                return true;
            }
        }
        return false;
    }
}
