package io.quern.worker;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where llama.cpp's KV cache has the keys and values of each slot. The cache is one buffer with a tensor of keys and
 * one of values for each layer, in turn. Each tensor has a range for each slot, and each range has a row for each
 * token. Valid for v0.5.0 with flash attention and a plain KV cache ({@code llama_kv_cache} in llama-kv-cache.cpp).
 */
final class CacheLayout {
    /** Each tensor begins at a multiple of this (ggml-impl.h, {@code TENSOR_ALIGNMENT}). */
    private static final int ALIGNMENT = 32;

    /** llama.cpp rounds the tokens of a slot up to a multiple of this. */
    private static final int GRAIN = 256;

    /**
     * The rows of one layer's keys or values.
     *
     * @param bytes length of a row
     * @param at where the state has the row of the only token
     */
    private record Rows(long bytes, long at) {}

    private final int slots;
    private final int tokens;
    /** In the order of the buffer. */
    private final List<Rows> tensors;
    /** The numbers of tensors by the length of their rows. */
    private final Map<Long, Integer> lengths = new HashMap<>();

    private CacheLayout(int slots, int contextLength, List<Rows> tensors) {
        this.slots = slots;
        this.tokens = Math.ceilDiv(contextLength, GRAIN) * GRAIN;
        this.tensors = tensors;
        tensors.forEach(rows -> lengths.merge(rows.bytes, 1, Integer::sum));
    }

    /**
     * Derives the layout from the state of the last slot, which contains one token.
     *
     * @param state in llama.cpp's format
     * @param contextLength tokens per slot
     * @return empty if the model's cache has another layout
     */
    static Optional<CacheLayout> of(MemorySegment state, int slots, int contextLength) {
        try {
            Reader reader = new Reader(state);
            // the format and the sequence
            reader.skip(2 * Integer.BYTES);
            reader.require(slots);
            for (int slot = 0; slot < slots - 1; slot++) {
                reader.require(0);
            }
            reader.require(1);
            // the position of the token
            reader.require(0);
            reader.require(1);
            // the sequence of the token
            reader.skip(Integer.BYTES);
            // whether values are transposed
            reader.require(0);
            int layers = reader.number();
            List<Rows> keys = reader.rows(layers);
            List<Rows> values = reader.rows(layers);
            reader.requireEnd();
            List<Rows> tensors = new ArrayList<>();
            for (int layer = 0; layer < layers; layer++) {
                tensors.add(keys.get(layer));
                tensors.add(values.get(layer));
            }
            return Optional.of(new CacheLayout(slots, contextLength, tensors));
        } catch (IndexOutOfBoundsException | UnknownLayoutException e) {
            return Optional.empty();
        }
    }

    /** Returns the tokens that each slot has room for. */
    int tokens() {
        return tokens;
    }

    /** Returns whether a buffer contains what the state from which this layout was derived contains. */
    boolean describes(MemorySegment buffer, MemorySegment state) {
        if (buffer.byteSize() != begin(tensors.size())) {
            return false;
        }
        for (int i = 0; i < tensors.size(); i++) {
            Rows rows = tensors.get(i);
            MemorySegment there = buffer.asSlice(begin(i) + (slots - 1) * range(rows), rows.bytes);
            if (there.mismatch(state.asSlice(rows.at, rows.bytes)) >= 0) {
                return false;
            }
        }
        return true;
    }

    /** Returns the bytes of the pages that the first tokens of a slot touch at most, without {@link #edges}. */
    long touched(int first, long page) {
        long pages = 0;
        for (Map.Entry<Long, Integer> length : lengths.entrySet()) {
            pages += Math.ceilDiv(first * length.getKey(), page) * length.getValue();
        }
        return pages * page;
    }

    /** Returns the bytes of the pages in which a range ends and the next one begins. */
    long edges(long page) {
        return (slots + 1) * tensors.size() * page;
    }

    /** Returns the parts of the buffer that hold only the other tokens of a slot. */
    List<MemorySegment> after(MemorySegment buffer, int slot, int first) {
        List<MemorySegment> parts = new ArrayList<>(tensors.size());
        for (int i = 0; i < tensors.size(); i++) {
            Rows rows = tensors.get(i);
            long begin = begin(i) + slot * range(rows);
            long skipped = first * rows.bytes;
            parts.add(buffer.asSlice(begin + skipped, range(rows) - skipped));
        }
        return parts;
    }

    private long range(Rows rows) {
        return tokens * rows.bytes;
    }

    private long begin(int tensor) {
        long at = 0;
        for (int i = 0; i < tensor; i++) {
            at += Math.ceilDiv(slots * range(tensors.get(i)), ALIGNMENT) * ALIGNMENT;
        }
        return at;
    }

    /** The state is not one of a plain KV cache. */
    private static final class UnknownLayoutException extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final class Reader {
        private final MemorySegment state;
        private long at;

        Reader(MemorySegment state) {
            this.state = state;
        }

        void skip(long bytes) {
            at += bytes;
        }

        int number() {
            int value = state.get(JAVA_INT_UNALIGNED, at);
            at += Integer.BYTES;
            return value;
        }

        void require(int expected) {
            if (number() != expected) {
                throw new UnknownLayoutException();
            }
        }

        void requireEnd() {
            if (at != state.byteSize()) {
                throw new UnknownLayoutException();
            }
        }

        /** Reads one row for each layer. */
        List<Rows> rows(int layers) {
            List<Rows> rows = new ArrayList<>();
            for (int layer = 0; layer < layers; layer++) {
                // the type of the elements
                skip(Integer.BYTES);
                long bytes = state.get(JAVA_LONG_UNALIGNED, at);
                at += Long.BYTES;
                if (bytes <= 0 || bytes > state.byteSize() - at) {
                    throw new UnknownLayoutException();
                }
                rows.add(new Rows(bytes, at));
                at += bytes;
            }
            return rows;
        }
    }
}
