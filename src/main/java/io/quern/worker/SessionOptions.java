package io.quern.worker;

import java.nio.file.Path;

/**
 * What a session serves and with how much.
 *
 * @param worker the worker's number in the engine's pool
 * @param model a GGUF file
 * @param slots sequences side by side, 1 to {@value #MAX_SLOTS}
 * @param contextLength tokens a slot can hold, prompt and answer together; 0: what the model was trained with, up to
 *     {@value #DEFAULT_CONTEXT_LIMIT}
 * @param threads that compute
 * @param flashAttention whether attention is computed by the fused kernel
 * @param llama folder of the native libraries
 * @param preloaded what the process that this one was forked from has loaded already
 * @param stepMillis how long a step should take at most while prompts are prefilled
 * @param mapped whether the weights are the file's pages in memory, which all processes share, and not a copy of the session's own
 * @param stateBytes memory for copies of running sequences' states, which outlive the worker; 0: none
 * @param stateShare of the time of steps that copying may take, 0 to 1
 * @param faults whether the engine may have it misbehave
 */
public record SessionOptions(
        int worker,
        Path model,
        int slots,
        int contextLength,
        int threads,
        boolean flashAttention,
        Path llama,
        Inherited preloaded,
        int stepMillis,
        boolean mapped,
        long stateBytes,
        double stateShare,
        boolean faults) {

    /** llama.cpp's own limit. */
    public static final int MAX_SLOTS = 256;

    static final int DEFAULT_CONTEXT_LIMIT = 4096;

    int contextLength(int trainingContext) {
        return contextLength > 0 ? contextLength : Math.min(trainingContext, DEFAULT_CONTEXT_LIMIT);
    }
}
