package io.quern.generation;

import java.time.Duration;

/** Why a generation did not begin or did not end well. The message is meant for the client. */
public sealed interface GenerationError {

    String message();

    /** A value out of its range, or a prompt that the template or the worker refuses. */
    record InvalidRequest(String parameter, String message) implements GenerationError {}

    /** @param promptTokens 0 where the prompt was too long to be worth counting */
    record ContextLengthExceeded(int promptTokens, int contextLength, String message) implements GenerationError {}

    /** The queue is full. */
    record Overloaded(Duration retryAfter, String message) implements GenerationError {}

    /** No slot came free within the admission time-out. */
    record QueueTimeout(Duration retryAfter, String message) implements GenerationError {}

    /** It was not done within its own time-out or the configured one. */
    record DeadlineExceeded(String message) implements GenerationError {}

    /** No worker has been ready yet. */
    record Loading(String message) implements GenerationError {}

    /** No worker is ready now, though one was, or none ever will be; the message has the cause. */
    record Unavailable(Duration retryAfter, String message) implements GenerationError {}

    record ShuttingDown(String message) implements GenerationError {}

    /** Development mode: another build of the application has taken this one's place. */
    record Reloaded(String message) implements GenerationError {}

    /** The worker died or was lost in mid-stream. */
    record WorkerLost(int workerId, String message) implements GenerationError {}

    /**
     * The workers it ran on were lost one after the other, the last one with no other request on it: it is not tried again, and should
     * not be sent again.
     *
     * @param losses workers lost in a row
     */
    record EndsWorkers(int losses, String message) implements GenerationError {}

    /** The client read more slowly than the stream's buffer allows. */
    record SlowReader(String message) implements GenerationError {}

    /** Nobody wants the answer any more. */
    record Cancelled(String message) implements GenerationError {}

    record Internal(String message) implements GenerationError {}
}
