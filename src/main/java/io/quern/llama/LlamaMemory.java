package io.quern.llama;

/**
 * The memory of something that llama.cpp can compute on.
 *
 * @param totalBytes all of it; 0 where its backend does not know
 * @param freeBytes of it, what was free when it was asked
 */
public record LlamaMemory(long totalBytes, long freeBytes) {}
