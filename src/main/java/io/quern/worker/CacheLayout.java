package io.quern.worker;

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

    private final PlainState state;
    private final int slots;
    private final int tokens;
    /** In the order of the buffer. */
    private final List<PlainState.Rows> tensors;

    private final long[] begins;

    /** The numbers of tensors by the length of their rows. */
    private final Map<Long, Integer> lengths = new HashMap<>();

    private CacheLayout(PlainState state, int contextLength) {
        this.state = state;
        this.slots = state.slots();
        this.tokens = Math.ceilDiv(contextLength, GRAIN) * GRAIN;
        this.tensors = state.tensors();
        tensors.forEach(rows -> lengths.merge(rows.bytes(), 1, Integer::sum));
        this.begins = begins();
    }

    /**
     * Derives the layout from the state of a slot.
     *
     * @param state in llama.cpp's format
     * @param contextLength tokens per slot
     * @return empty if the model's cache has another layout
     */
    static Optional<CacheLayout> of(MemorySegment state, int slots, int contextLength) {
        return PlainState.read(state, slots).map(plain -> new CacheLayout(plain, contextLength));
    }

    /** Returns the form of the state from which this was derived. */
    PlainState state() {
        return state;
    }

    /** Returns the tokens that each slot has room for. */
    int tokens() {
        return tokens;
    }

    /**
     * Returns whether a buffer contains what the state from which this layout was derived contains.
     *
     * @param from that state
     */
    boolean describes(MemorySegment buffer, MemorySegment from) {
        if (buffer.byteSize() != begins[tensors.size()]) {
            return false;
        }
        for (int tensor = 0; tensor < tensors.size(); tensor++) {
            PlainState.Rows rows = tensors.get(tensor);
            MemorySegment there = rows(buffer, tensor, state.slot(), 0, state.tokens());
            if (there.mismatch(from.asSlice(rows.at(), there.byteSize())) >= 0) {
                return false;
            }
        }
        return true;
    }

    /** Returns how many tensors of keys and values there are: two for each layer, in turn. */
    int tensors() {
        return tensors.size();
    }

    /** Returns the rows of some tokens of a slot. */
    MemorySegment rows(MemorySegment buffer, int tensor, int slot, int first, int count) {
        PlainState.Rows rows = tensors.get(tensor);
        return buffer.asSlice(begins[tensor] + slot * range(rows) + first * rows.bytes(), count * rows.bytes());
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
            parts.add(rows(buffer, i, slot, first, tokens - first));
        }
        return parts;
    }

    private long range(PlainState.Rows rows) {
        return tokens * rows.bytes();
    }

    /** Returns where each tensor begins, and where the last one ends. */
    private long[] begins() {
        long[] places = new long[tensors.size() + 1];
        for (int i = 0; i < tensors.size(); i++) {
            places[i + 1] = places[i] + Math.ceilDiv(slots * range(tensors.get(i)), ALIGNMENT) * ALIGNMENT;
        }
        return places;
    }
}
