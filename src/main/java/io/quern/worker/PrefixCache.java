package io.quern.worker;

/**
 * What is left in the KV cache of each slot from the request before: the beginning of its prompt may be the beginning of the
 * next one's too (a system prompt, a conversation that goes on), and need not be computed again. Used by the step loop alone.
 *
 * <p>Only requests of the same scope: how long a prompt takes would tell its sender what another client's prompt was.
 *
 * <p>Only what was prefilled is kept, and only in whole {@linkplain PrefillPace#GRAIN grains}: that part is bit for bit what
 * prefilling it again would give (see {@link PrefillPace}), so no answer depends on what a slot held before. Tokens of an
 * answer were computed one at a time, by other kernels, and are not used again.
 */
final class PrefixCache {
    private static final int[] NOTHING = {};

    /** By slot: the prompt whose beginning is there. */
    private final int[][] prompts;
    /** By slot: how many tokens of it. */
    private final int[] lengths;
    /** By slot: whose it is; empty: nobody's. */
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
     * @param scope of the request that it was prefilled for; empty: it is of no use to another
     * @param tokens of the prompt that were prefilled
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

    /** How many tokens of a prompt of this scope need not be prefilled in this slot; at least two of it remain. */
    int reusable(int slot, String scope, int[] prompt) {
        if (scope.isEmpty() || !scope.equals(scopes[slot])) {
            return 0;
        }
        int[] kept = prompts[slot];
        // never a piece of one token behind it, see PrefillPace
        int most = Math.min(lengths[slot], prompt.length - 2);
        int same = 0;
        while (same < most && kept[same] == prompt[same]) {
            same++;
        }
        return same / PrefillPace.GRAIN * PrefillPace.GRAIN;
    }
}
