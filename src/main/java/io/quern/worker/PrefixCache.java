package io.quern.worker;

import java.util.Arrays;

/**
 * Records what each slot's KV cache still contains of the previous request. If the next prompt begins in the same way (a
 * system prompt, a continued conversation), that part is not computed again. Used only by the step loop.
 *
 * <p>Only requests of the same scope share a prefix. Otherwise the prefill time would reveal another client's prompt.
 *
 * <p>What is reused is bit for bit what another prefill would give (see {@link Reuse}), so no answer depends on the
 * earlier content of a slot.
 */
final class PrefixCache {
    private static final int[] NOTHING = {};

    private final Reuse reuse;
    /** By slot: the tokens that it contains and that may be reused. */
    private final int[][] tokens;
    /** By slot: its scope, or empty if it cannot be shared. */
    private final String[] scopes;

    PrefixCache(int slots, Reuse reuse) {
        this.reuse = reuse;
        tokens = new int[slots][];
        scopes = new String[slots];
        for (int slot = 0; slot < slots; slot++) {
            forget(slot);
        }
    }

    /**
     * @param scope the request's scope, or empty if no other request may use it
     * @param computed the tokens in the slot that may be reused, from the first one on
     */
    void keep(int slot, String scope, int[] computed) {
        scopes[slot] = scope;
        tokens[slot] = scope.isEmpty() ? NOTHING : computed;
    }

    void forget(int slot) {
        keep(slot, "", NOTHING);
    }

    /** Returns how many tokens of a prompt with this scope need no prefill in this slot. */
    int reusable(int slot, String scope, int[] prompt) {
        if (scope.isEmpty() || !scope.equals(scopes[slot])) {
            return 0;
        }
        return reuse.usable(common(tokens[slot], prompt), prompt);
    }

    /** Returns how many tokens a prompt has in common with others, from the first one on. */
    static int common(int[] tokens, int[] prompt) {
        int different = Arrays.mismatch(tokens, prompt);
        return different < 0 ? prompt.length : different;
    }
}
