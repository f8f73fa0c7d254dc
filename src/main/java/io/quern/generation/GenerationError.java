package io.quern.generation;

import java.time.Duration;

/** Says why a generation did not start or did not finish. The message is meant for the client. */
public sealed interface GenerationError {

    /** Returns what happened, for the client. */
    String message();

    /** A value is out of range, or the chat template or the worker refuses the prompt. */
    record InvalidRequest(String parameter, String message) implements GenerationError {}

    /**
     * The prompt does not fit into the context.
     *
     * @param promptTokens tokens of the prompt, or 0 if it was too long to be worth counting
     * @param contextLength tokens that the context holds
     */
    record ContextLengthExceeded(int promptTokens, int contextLength, String message) implements GenerationError {}

    /** The queue is full. */
    record Overloaded(Duration retryAfter, String message) implements GenerationError {}

    /** No slot became free within the admission timeout. */
    record QueueTimeout(Duration retryAfter, String message) implements GenerationError {}

    /** The request did not finish within its own timeout or the configured one. */
    record DeadlineExceeded(String message) implements GenerationError {}

    /** No worker has been ready since the engine started. */
    record Loading(String message) implements GenerationError {}

    /**
     * No worker is ready at the moment, although one was before, or no worker will ever be ready. The message names the
     * cause.
     */
    record Unavailable(Duration retryAfter, String message) implements GenerationError {}

    /** The engine is shutting down. */
    record ShuttingDown(String message) implements GenerationError {}

    /** A live reload in development mode replaced the application that was serving the request. */
    record Reloaded(String message) implements GenerationError {}

    /** The worker was lost while it generated the answer. */
    record WorkerLost(int workerId, String message) implements GenerationError {}

    /**
     * The request lost several workers in a row, and the last one ran no other request. The engine does not run it
     * again, and the client should not send it again.
     *
     * @param losses number of workers lost in a row
     */
    record EndsWorkers(int losses, String message) implements GenerationError {}

    /**
     * The answer moved to another worker, and the grammar there rejects what was delivered. Not expected to happen:
     * both workers would have to read the grammar differently.
     */
    record GrammarRejects(String message) implements GenerationError {}

    /** The client read more slowly than the stream's buffer allows. */
    record SlowReader(String message) implements GenerationError {}

    /** The client left or withdrew the request. */
    record Cancelled(String message) implements GenerationError {}

    /** The engine, a worker or the chat template failed, and the request is not to blame. */
    record Internal(String message) implements GenerationError {}
}
