package io.quern.worker;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Layouts of caches for tests. */
final class CacheLayouts {
    private CacheLayouts() {}

    /** Returns the layout of a cache with half as many layers as tensors, which all have rows of the same length. */
    static CacheLayout of(int tensors, int slots, int contextLength, int rowBytes) {
        try (Arena arena = Arena.ofConfined()) {
            return CacheLayout.of(
                            state(
                                    arena,
                                    slots,
                                    Collections.nCopies(tensors / 2, rowBytes),
                                    Collections.nCopies(tensors / 2, rowBytes)),
                            slots,
                            contextLength)
                    .orElseThrow();
        }
    }

    /**
     * Returns the state of the last slot with one token, as llama.cpp v0.5.0 writes it. Keys are filled with ones,
     * values with twos.
     */
    static MemorySegment state(Arena arena, int slots, List<Integer> keys, List<Integer> values) {
        List<Integer> head = new ArrayList<>(List.of(0xaf143cd8, slots - 1, slots));
        head.addAll(Collections.nCopies(slots - 1, 0));
        head.addAll(List.of(1, 0, 1, slots - 1, 0, keys.size()));
        int rows = keys.stream().mapToInt(Integer::intValue).sum()
                + values.stream().mapToInt(Integer::intValue).sum();
        MemorySegment state = arena.allocate(Integer.BYTES * head.size() + 12L * (keys.size() + values.size()) + rows);
        long at = 0;
        for (int number : head) {
            state.set(JAVA_INT_UNALIGNED, at, number);
            at += Integer.BYTES;
        }
        at = write(state, at, keys, (byte) 1);
        write(state, at, values, (byte) 2);
        return state;
    }

    private static long write(MemorySegment state, long from, List<Integer> rows, byte content) {
        long at = from;
        for (int length : rows) {
            // the type of the elements
            state.set(JAVA_INT_UNALIGNED, at, 1);
            state.set(JAVA_LONG_UNALIGNED, at + Integer.BYTES, length);
            at += 12;
            state.asSlice(at, length).fill(content);
            at += length;
        }
        return at;
    }
}
