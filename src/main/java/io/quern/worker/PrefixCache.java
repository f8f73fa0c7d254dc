package io.quern.worker;

import java.util.Arrays;

/**
 * Records what each slot's KV cache still contains of the previous request's prompt. If the next prompt begins in the
 * same way (a system prompt, a continued conversation), that part is not computed again. Used only by the step loop.
 *
 * <p>Only requests of the same scope share a prefix. Otherwise the prefill time would reveal another client's prompt.
 *
 * <p>Only prefilled tokens are reused, and only in whole {@linkplain PrefillPace#GRAIN grains}. That part is bit for
 * bit what another prefill would give (see {@link PrefillPace}), so no answer depends on the earlier content of a slot.
 * Tokens of an answer were computed one at a time, by other kernels, and are not reused.
 */
final class PrefixCache {
    private static final int[] NOTHING = {};

    /** By slot: the prompt whose beginning it contains. */
    private final int[][] prompts;
    /** By slot: the number of its tokens. */
    private final int[] lengths;
    /** By slot: its scope, or empty if it cannot be shared. */
    private final String[] scopes;

    PrefixCache(int slots) {
        prompts = new int[slots][];
        lengths = new int[slots];
        scopes = new String[slots];
        for (int slot = 0; slot < slots; slot++) {
            forget(slot);
        }
    }

    /**
     * @param scope the request's scope, or empty if no other request may use it
     * @param tokens the prefilled tokens of the prompt
     */
    void keep(int slot, String scope, int[] prompt, int tokens) {
        if (scope.isEmpty()) {
            forget(slot);
        } else {
            set(slot, scope, prompt, tokens);
        }
    }

    private void set(int slot, String scope, int[] prompt, int tokens) {
        scopes[slot] = scope;
        prompts[slot] = prompt;
        lengths[slot] = tokens;
    }

    void forget(int slot) {
        set(slot, "", NOTHING, 0);
    }

    /** Returns how many tokens of a prompt with this scope need no prefill in this slot. At least two tokens remain. */
    int reusable(int slot, String scope, int[] prompt) {
        if (scope.isEmpty() || !scope.equals(scopes[slot])) {
            return 0;
        }
        return usable(common(prompts[slot], lengths[slot], prompt), prompt);
    }

    /**
     * Returns how many tokens a prompt has in common with others, from the first one on.
     *
     * @param length how many of the others count
     */
    static int common(int[] tokens, int length, int[] prompt) {
        int different = Arrays.mismatch(tokens, 0, length, prompt, 0, prompt.length);
        return different < 0 ? length : different;
    }

    /** Returns how many tokens of a prompt need no prefill if so many of them are known. */
    static int usable(int known, int[] prompt) {
        return grains(Math.min(known, most(prompt)));
    }

    /** Returns how many tokens of a prompt need no prefill if all of it is known. */
    static int most(int[] prompt) {
        // the remaining piece must have more than one token, see PrefillPace
        return grains(Math.max(0, prompt.length - 2));
    }

    private static int grains(int tokens) {
        return tokens / PrefillPace.GRAIN * PrefillPace.GRAIN;
    }
}
