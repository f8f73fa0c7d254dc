package io.quern.worker;

import io.quern.wire.PrefixLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Computes the hashes by which the engine finds prefixes. Two beginnings may have the same hash, so a worker compares
 * the tokens before it uses a state.
 */
final class PrefixHashes {
    private PrefixHashes() {}

    /** Returns the hash of the first block of tokens, that of the first two, and so on. */
    static List<Long> of(int[] prompt, int tokens) {
        List<Long> hashes = new ArrayList<>(tokens / PrefixLayout.BLOCK);
        long hash = TokenHash.START;
        for (int i = 0; i < tokens; i++) {
            hash = TokenHash.add(hash, prompt[i]);
            if ((i + 1) % PrefixLayout.BLOCK == 0) {
                hashes.add(hash);
            }
        }
        return hashes;
    }

    /** Returns the largest number of whole blocks of a prompt that leave a piece for the prefill, in tokens. */
    static int most(int[] prompt) {
        return Math.max(0, prompt.length - 2) / PrefixLayout.BLOCK * PrefixLayout.BLOCK;
    }
}
