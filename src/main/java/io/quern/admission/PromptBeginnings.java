package io.quern.admission;

import io.quern.generation.Prompt;
import io.quern.pool.PrefixScope;

/**
 * Hashes of a prompt's beginnings: of its first block of text, of its first two blocks, and so on. Prompts with equal
 * hashes probably begin alike. That is enough to choose a worker, which itself compares the tokens. Thread-safe.
 */
final class PromptBeginnings {
    /** Characters in a block, or tokens if the prompt has no text. */
    static final int BLOCK = 256;

    /** Prompts that begin alike for so many blocks differ little. */
    static final int MAX_BLOCKS = 64;

    private static final long PRIME = 0x100000001b3L;

    private final Prompt prompt;
    private final PrefixScope scope;
    private volatile long[] hashes;

    PromptBeginnings(Prompt prompt, PrefixScope scope) {
        this.prompt = prompt;
        this.scope = scope;
    }

    /** Returns the hashes, the shortest beginning first. The first call takes some microseconds. */
    long[] hashes() {
        long[] known = hashes;
        if (known == null) {
            known = switch (prompt) {
                case Prompt.Text text ->
                    of(text.text().length(), i -> text.text().charAt(i));
                case Prompt.Tokens tokens ->
                    of(tokens.tokens().size(), i -> tokens.tokens().get(i));
            };
            hashes = known;
        }
        return known;
    }

    private interface Symbols {
        int at(int index);
    }

    private long[] of(int length, Symbols symbols) {
        if (scope.equals(PrefixScope.NONE)) {
            return new long[0];
        }
        long[] all = new long[Math.min(MAX_BLOCKS, length / BLOCK)];
        long hash = scope.name().hashCode();
        for (int i = 0; i < all.length * BLOCK; i++) {
            hash = (hash ^ symbols.at(i)) * PRIME;
            all[i / BLOCK] = hash;
        }
        return all;
    }
}
