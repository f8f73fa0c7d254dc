package io.quern.llama;

/**
 * The memory of a device that llama.cpp can compute on.
 *
 * @param totalBytes total memory, or 0 if the backend does not know
 * @param freeBytes free memory at the time of the query
 */
public record LlamaMemory(long totalBytes, long freeBytes) {}
