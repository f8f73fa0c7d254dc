package io.quern.pool;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Finds out why requests and questions are lost with their worker. The writing thread knows whether one had reached the
 * worker; how the process ended is known later. Thread-safe.
 */
final class LossCauses {
    private final CompletableFuture<Void> writerEnded = new CompletableFuture<>();
    private final CompletableFuture<LossCause> processEnd = new CompletableFuture<>();

    /** The arrival of what is being written, or null. */
    private volatile Arrival writing;

    /** The writing thread begins to write a request or a question, or another frame if null. */
    void writes(Arrival next) {
        writing = next;
    }

    /** The writing thread has written the frame. */
    void written() {
        Arrival arrival = writing;
        if (arrival != null) {
            arrival.reached();
            writing = null;
        }
    }

    /** The writing thread has ended. */
    void writerEnded() {
        writerEnded.complete(null);
    }

    /** Reports how the worker's process ended. Requests may be lost before or after. */
    void processEnded(LossCause cause) {
        processEnd.complete(cause);
    }

    /**
     * Returns why a request or question was lost. Call it after the connection has closed, so that nothing more is
     * written.
     */
    CompletionStage<LossCause> of(Arrival arrival) {
        if (arrival == writing) {
            // the writing thread is ending, and by then knows how far it got
            return writerEnded.thenCompose(ended ->
                    arrival.hasReached() ? processEnd : CompletableFuture.completedStage(LossCause.NOT_REACHED));
        }
        return arrival.hasReached()
                ? processEnd.minimalCompletionStage()
                : CompletableFuture.completedStage(LossCause.NOT_REACHED);
    }
}
