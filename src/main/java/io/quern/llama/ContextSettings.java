package io.quern.llama;

/**
 * The settings with which a context is created.
 *
 * @param sequences how many it holds at the same time
 * @param contextLength tokens that each of them can hold
 * @param batchTokens largest number of tokens in one decode
 * @param threads number of compute threads at first
 * @param flashAttention whether attention uses the fused kernel
 * @param bf16Keys whether the cache holds keys in BF16 instead of F16. The fused kernel of v0.5.0's CPU backend then
 *     computes the same bits with any number of threads. With equal types of keys and values, several threads divide the
 *     cache of a single sequence from 512 cells on (ggml-cpu/ops.cpp, {@code use_split_kv_path}).
 * @param rowsApart whether {@link LlamaContext#multiply} is possible, for which llama.cpp calls back for each node of a
 *     graph
 * @param outputs how many logits one decode computes at most; exceeding it would end the process
 */
public record ContextSettings(
        int sequences,
        int contextLength,
        int batchTokens,
        int threads,
        boolean flashAttention,
        boolean bf16Keys,
        boolean rowsApart,
        int outputs) {
    /** Most tokens of a prompt in one decode whose logits are all computed. */
    public static final int MAX_SCORED = 9;

    /** The settings of a worker. */
    public ContextSettings(
            int sequences,
            int contextLength,
            int batchTokens,
            int threads,
            boolean flashAttention,
            boolean bf16Keys,
            boolean rowsApart) {
        this(
                sequences,
                contextLength,
                batchTokens,
                threads,
                flashAttention,
                bf16Keys,
                rowsApart,
                sequences + MAX_SCORED);
    }

    /** The settings of a context whose cache holds keys in F16, and which always multiplies rows together. */
    public ContextSettings(int sequences, int contextLength, int batchTokens, int threads, boolean flashAttention) {
        this(sequences, contextLength, batchTokens, threads, flashAttention, false, false);
    }
}
