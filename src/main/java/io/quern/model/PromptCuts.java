package io.quern.model;

/**
 * Where prompts may be cut so that llama.cpp computes each of their tokens bit for bit alike. So this also limits how
 * much of one prompt another one may take over. Derived from what was measured with the kernels of llama.cpp v0.5.0 on
 * x86 processors (docs/internals/exactness.md). Pure.
 *
 * @param multiple a piece of a prompt may begin at any multiple of this many tokens
 * @param singleRows whether a token that is computed by itself has the same results as among others. Then the tokens of
 *     an answer, which are computed one by one, are as good as those of a prompt
 */
public record PromptCuts(int multiple, boolean singleRows) {
    /** Holds where nothing was measured: prompts are cut in this way everywhere. */
    public static final PromptCuts CAUTIOUS = new PromptCuts(8, false);

    private static final int TWO = 2;

    /**
     * Returns where prompts of a model may be cut.
     *
     * @param rowwiseAttention whether attention is computed for each token by itself. llama.cpp's fused kernel does
     *     that, except for large pieces if keys and values have the same type. Without it, a single token is special
     */
    public static PromptCuts of(GgufMetadata model, Kernels kernels, boolean rowwiseAttention) {
        BatchRows rows = BatchRows.of(model, kernels);
        if (kernels == Kernels.GPU
                || ModelMemory.of(model).recurrentPerSlot() > 0
                || ModelMatrices.hasFloatRouter(model)
                || !TextStability.of(model, rows, kernels).stable()) {
            return CAUTIOUS;
        }
        if (rows.multiple() > 1) {
            return new PromptCuts(rows.multiple(), false);
        }
        return rows.least() == 1 && rowwiseAttention ? new PromptCuts(1, true) : new PromptCuts(TWO, false);
    }
}
