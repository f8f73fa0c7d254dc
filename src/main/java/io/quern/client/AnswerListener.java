package io.quern.client;

/** Receives an answer while it arrives, on a thread of the HTTP client. */
@FunctionalInterface
public interface AnswerListener {
    /** Receives a piece of the answer's text, which is not empty. */
    void text(String piece);

    /** Receives a comment of the stream, such as the place in the queue. */
    default void comment(String comment) {}
}
