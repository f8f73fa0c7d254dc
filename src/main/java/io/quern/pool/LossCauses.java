package io.quern.pool;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Finds out why leases are lost with their worker. The writing thread knows whether a request had reached the worker;
 * how the process ended is known later. Thread-safe.
 */
final class LossCauses {
    private final CompletableFuture<Void> writerEnded = new CompletableFuture<>();
    private final CompletableFuture<LossCause> processEnd = new CompletableFuture<>();

    /** The lease whose request is being written, or null. */
    private volatile Lease writing;

    /** The writing thread begins to write a request of this lease, or another frame if null. */
    void writes(Lease lease) {
        writing = lease;
    }

    /** The writing thread has written the frame. */
    void written() {
        Lease lease = writing;
        if (lease != null) {
            lease.reached();
            writing = null;
        }
    }

    /** The writing thread has ended. */
    void writerEnded() {
        writerEnded.complete(null);
    }

    /** Reports how the worker's process ended. Leases may be lost before or after. */
    void processEnded(LossCause cause) {
        processEnd.complete(cause);
    }

    /** Returns why this lease was lost. Call it after the connection has closed, so that nothing more is written. */
    CompletionStage<LossCause> of(Lease lease) {
        if (lease == writing) {
            // the writing thread is ending, and by then knows how far it got
            return writerEnded.thenCompose(
                    ended -> lease.hasReached() ? processEnd : CompletableFuture.completedStage(LossCause.NOT_REACHED));
        }
        return lease.hasReached()
                ? processEnd.minimalCompletionStage()
                : CompletableFuture.completedStage(LossCause.NOT_REACHED);
    }
}
