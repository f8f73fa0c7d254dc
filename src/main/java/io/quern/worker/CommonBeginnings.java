package io.quern.worker;

import io.quern.wire.PrefixLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Computes a beginning once if several prompts that have it arrive together: the first one computes it, and the others
 * wait and copy it. Which one computes is decided before each piece, so nobody waits for a request that was cancelled
 * or that failed. Only prompts of the same scope share. Used only by the step loop.
 */
final class CommonBeginnings {
    /** Most tokens to copy for each token that is not computed. Copying a token is much faster than computing it. */
    private static final int MOST_COPIED = 16;

    private final Decoding decoding;
    private final Reuse reuse;
    private List<Slot> waiting = List.of();
    private boolean broken;

    CommonBeginnings(Decoding decoding) {
        this.decoding = decoding;
        this.reuse = decoding.reuse();
    }

    /** Returns the slots whose prompts are computed now: all but those that wait for one before them. */
    List<Slot> computing(List<Slot> slots) {
        waiting = List.of();
        if (slots.size() < 2 || broken) {
            return slots;
        }
        List<Slot> computing = new ArrayList<>(slots.size());
        waiting = new ArrayList<>();
        for (Slot slot : slots) {
            boolean waits = computing.stream().anyMatch(earlier -> common(earlier, slot) > 0);
            (waits ? waiting : computing).add(slot);
        }
        return computing;
    }

    /** A piece of a prompt was computed. Copies it to those that wait for no more than what is there. */
    void computed(Slot slot) {
        Sequence sequence = slot.sequence();
        if (waiting.isEmpty() || sequence.failed()) {
            return;
        }
        List<Slot> ready = waiting.stream()
                .filter(other -> {
                    int tokens = common(slot, other);
                    return tokens > 0 && tokens <= sequence.cached();
                })
                .toList();
        if (ready.isEmpty()) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = decoding.saved(slot.number(), arena);
            for (Slot other : ready) {
                int tokens = common(slot, other);
                boolean fits = decoding.grow(other.number(), sequence.cached());
                boolean loaded = fits && decoding.loadBeginning(other.number(), state, sequence.cached(), tokens);
                if (fits) {
                    other.sequence().reuses(loaded ? tokens : 0);
                    broken |= !loaded;
                }
            }
        }
    }

    /** Returns how many tokens of a prompt an earlier one computes as well, or 0 if they are not worth a copy. */
    private int common(Slot earlier, Slot later) {
        Sequence first = earlier.sequence();
        Sequence second = later.sequence();
        if (first.prefixScope().isEmpty() || !first.prefixScope().equals(second.prefixScope())) {
            return 0;
        }
        // it has computed nothing itself, and does not wait long until another one has what it has
        boolean behind =
                second.cached() == second.reused() && second.cached() <= first.cached() + PrefixLayout.WORTH_IT;
        if (!behind) {
            return 0;
        }
        int[] prompt = first.prompt();
        int tokens = reuse.usable(PrefixCache.common(prompt, second.prompt()), second.prompt());
        int saved = tokens - second.cached();
        boolean worthIt = saved >= PrefixLayout.WORTH_IT && Math.max(tokens, first.cached()) <= MOST_COPIED * saved;
        return worthIt && !decoding.keepsOnlyLast(prompt.length) ? tokens : 0;
    }
}
