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

    private final MemorySegment entries;
    private final MemorySegment array;

    /** @param arena owns the memory */
    Candidates(int capacity, Arena arena) {
        entries = arena.allocate(capacity * ENTRY_BYTES, Integer.BYTES);
        array = arena.allocate(ARRAY_BYTES, Long.BYTES);
    }

    MemorySegment array() {
        return array;
    }

    /** Takes all tokens of the vocabulary with their logits. */
    void fill(Logits logits) {
        int size = logits.size();
        for (int token = 0; token < size; token++) {
            put(token, token, logits.get(token));
        }
        begin(size);
    }

    /** Takes a single token. */
    void only(int token) {
        put(0, token, 0);
        begin(1);
    }

    private void put(int index, int token, float logit) {
        long at = index * ENTRY_BYTES;
        entries.set(JAVA_INT, at, token);
        entries.set(JAVA_FLOAT, at + LOGIT, logit);
        entries.set(JAVA_FLOAT, at + P, 0);
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
        return index < 0 || excluded(index) ? NONE : entries.get(JAVA_INT, index * ENTRY_BYTES);
    }

    /** Excludes the chosen token, so that the next choice is among the others. */
    void excludeSelected() {
        entries.set(JAVA_FLOAT, array.get(JAVA_LONG, SELECTED) * ENTRY_BYTES + LOGIT, Float.NEGATIVE_INFINITY);
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
