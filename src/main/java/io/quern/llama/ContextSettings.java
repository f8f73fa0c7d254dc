package io.quern.llama;

/**
 * The settings with which a context is created.
 *
 * @param sequences how many it holds at the same time
 * @param contextLength tokens that each of them can hold
 * @param batchTokens largest number of tokens in one decode
 * @param threads number of compute threads
 * @param flashAttention whether attention uses the fused kernel
 * @param outputs how many logits one decode computes at most; exceeding it would end the process
 */
public record ContextSettings(
        int sequences, int contextLength, int batchTokens, int threads, boolean flashAttention, int outputs) {
    /** Most tokens of a prompt in one decode whose logits are all computed. */
    public static final int MAX_SCORED = 9;

    /** The settings of a worker. */
    public ContextSettings(int sequences, int contextLength, int batchTokens, int threads, boolean flashAttention) {
        this(sequences, contextLength, batchTokens, threads, flashAttention, sequences + MAX_SCORED);
    }
}
