package io.quern.llama;

/**
 * How a context is made.
 *
 * @param sequences that it holds side by side
 * @param contextLength tokens each of them can hold
 * @param batchTokens most tokens in one decode
 * @param threads that compute
 * @param flashAttention whether attention is computed by the fused kernel
 */
public record ContextSettings(int sequences, int contextLength, int batchTokens, int threads, boolean flashAttention) {}
