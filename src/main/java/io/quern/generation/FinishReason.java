package io.quern.generation;

/** Why a generation ended by itself; the names are OpenAI's {@code finish_reason} in upper case. */
public enum FinishReason {
    /** The model said it was done, or a stop string came. */
    STOP,
    /** {@code max_tokens} were generated or the context is full. */
    LENGTH
}
