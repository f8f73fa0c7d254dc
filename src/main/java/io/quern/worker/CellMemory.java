package io.quern.worker;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The memory of the KV cache, which all slots share: counts what each slot may touch, and returns to the kernel what a
 * slot does not need any more. Used only by the step loop.
 */
final class CellMemory {
    private final CacheLayout layout;
    private final Optional<MemorySegment> buffer;
    private final Pages pages;
    private final long limit;
    /** By slot: the number of tokens whose pages it may touch. */
    private final int[] granted;

    private long used;

    /**
     * @param buffer the cache; without it, this only counts
     * @param limit bytes for all slots together; at least one full slot fits in any case
     */
    CellMemory(CacheLayout layout, Optional<MemorySegment> buffer, Pages pages, int slots, long limit) {
        this.layout = layout;
        this.buffer = buffer;
        this.pages = pages;
        this.granted = new int[slots];
        // pages at the edges are never returned, because two slots share them
        this.used = layout.edges(pages.size());
        this.limit = Math.max(limit, used + touched(layout.tokens()));
        buffer.ifPresent(pages::keepSmall);
    }

    /**
     * Lets a slot touch the pages of its first tokens.
     *
     * @return false if there is not enough memory; then nothing has changed
     */
    boolean grow(int slot, int tokens) {
        if (Math.min(tokens, layout.tokens()) <= granted[slot]) {
            return true;
        }
        long more = touched(tokens) - touched(granted[slot]);
        if (used + more > limit) {
            return false;
        }
        granted[slot] = Math.min(tokens, layout.tokens());
        used += more;
        return true;
    }

    /**
     * Returns the pages of a slot's other tokens to the kernel. The slot must hold no such tokens.
     *
     * @return whether that frees memory
     */
    boolean shrink(int slot, int tokens) {
        if (tokens >= granted[slot]) {
            return false;
        }
        long fewer = touched(granted[slot]) - touched(tokens);
        if (fewer > 0) {
            buffer.ifPresent(memory -> layout.after(memory, slot, tokens).forEach(pages::discard));
            granted[slot] = tokens;
            used -= fewer;
        }
        return fewer > 0;
    }

    /** Returns how many tokens full slots hold together. */
    long tokens() {
        return (limit - layout.edges(pages.size())) * layout.tokens() / touched(layout.tokens());
    }

    /** Returns the tokens whose pages a slot may touch. */
    int granted(int slot) {
        return granted[slot];
    }

    /** Returns the bytes that the first tokens of a slot take. */
    long touched(int tokens) {
        return layout.touched(Math.min(tokens, layout.tokens()), pages.size());
    }

    /** Returns whether slots that take so many bytes together fit. */
    boolean fits(long bytes) {
        return layout.edges(pages.size()) + bytes <= limit;
    }
}
