package io.quern.llama;

/**
 * The settings with which a context is created.
 *
 * @param sequences how many it holds at the same time
 * @param contextLength tokens that each of them can hold
 * @param batchTokens largest number of tokens in one decode
 * @param threads number of compute threads
 * @param flashAttention whether attention uses the fused kernel
 */
public record ContextSettings(int sequences, int contextLength, int batchTokens, int threads, boolean flashAttention) {
    /** Most tokens of a prompt in one decode whose logits are all computed. */
    public static final int MAX_SCORED = 9;

    /** Returns how many logits one decode computes at most. Exceeding it would end the process. */
    int outputs() {
        return sequences + MAX_SCORED;
    }
}
