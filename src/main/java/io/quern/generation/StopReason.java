package io.quern.generation;

/** What ended an answer, if the client asked for it: vLLM's {@code stop_reason}. */
public sealed interface StopReason {
    /** A stop string appeared. */
    record Text(String string) implements StopReason {}

    /** A stop token was generated. */
    record Token(int token) implements StopReason {}
}
