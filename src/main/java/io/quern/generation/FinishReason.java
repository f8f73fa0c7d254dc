package io.quern.generation;

/** Says why a generation ended by itself. The names are those of OpenAI's {@code finish_reason} in upper case. */
public enum FinishReason {
    /** The model generated its end-of-generation token, or a stop string appeared. */
    STOP,
    /** {@code max_tokens} tokens were generated, or the context is full. */
    LENGTH
}
