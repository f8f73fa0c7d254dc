package io.quern.pool;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Finds out why leases are lost with their worker: whether a request had reached it, which its writing thread knows, and how its process
 * ended, which is known later. Safe for use by several threads.
 */
final class LossCauses {
    private final CompletableFuture<Void> writerEnded = new CompletableFuture<>();
    private final CompletableFuture<LossCause> processEnd = new CompletableFuture<>();

    /** The lease whose request is being written; or null. */
    private volatile Lease writing;

    /** The writing thread begins with a request of this lease, or with something else: null. */
    void writes(Lease lease) {
        writing = lease;
    }

    /** The writing thread has written all of it. */
    void written() {
        Lease lease = writing;
        if (lease != null) {
            lease.reached();
            writing = null;
        }
    }

    /** Nobody writes any more. */
    void writerEnded() {
        writerEnded.complete(null);
    }

    /** How the worker's process has ended. Leases may be lost before or after. */
    void processEnded(LossCause cause) {
        processEnd.complete(cause);
    }

    /** Why this lease was lost; to be called when the connection is closed, so that nothing more is written. */
    CompletionStage<LossCause> of(Lease lease) {
        if (lease == writing) {
            // the writer has been told to end, and knows by then how far it got
            return writerEnded.thenCompose(
                    ended -> lease.hasReached() ? processEnd : CompletableFuture.completedStage(LossCause.NOT_REACHED));
        }
        return lease.hasReached()
                ? processEnd.minimalCompletionStage()
                : CompletableFuture.completedStage(LossCause.NOT_REACHED);
    }
}
