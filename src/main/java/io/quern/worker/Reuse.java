package io.quern.worker;

import io.quern.wire.WorkerSettings;

/**
 * How much of what was computed before a prompt may take over, so that its text is bit for bit what it would be
 * otherwise: tokens up to a place where the prompt may be cut, and not its last ones, whose logits are not kept. Pure.
 *
 * @param multiple pieces of a prompt may begin at multiples of this many tokens
 * @param singleRows whether tokens that were computed one by one count, those of answers
 */
record Reuse(int multiple, boolean singleRows) {

    static Reuse of(WorkerSettings.Computation computation) {
        WorkerSettings.PromptCuts cuts = computation.getPromptCuts();
        return computation.hasPromptCuts()
                ? new Reuse(cuts.getMultiple(), cuts.getSingleRows())
                : new Reuse(PrefillPace.GRAIN, false);
    }

    /** Returns how many tokens of a prompt need no prefill if so many of them are known. */
    int usable(int known, int[] prompt) {
        return whole(Math.min(known, prompt.length - last()));
    }

    /** Returns how many tokens of a prompt need no prefill if all of it is known. */
    int most(int[] prompt) {
        return usable(prompt.length, prompt);
    }

    /** Returns the length of the shortest piece that a longer prompt may end with. */
    private int last() {
        return singleRows ? 1 : 2;
    }

    private int whole(int tokens) {
        return Math.max(0, tokens) / multiple * multiple;
    }
}
