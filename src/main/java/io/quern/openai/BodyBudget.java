package io.quern.openai;

import static io.quern.openai.ApiError.INVALID_REQUEST;
import static io.quern.openai.ApiError.SERVER_ERROR;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Limits the memory of all request bodies together, from their first byte until they are parsed. If a client sends
 * several bodies, they may take at most half, so that its half-sent bodies leave room for other clients. Thread-safe.
 */
final class BodyBudget {
    /** Bodies may take one part in four of the heap. */
    private static final int SHARE_OF_HEAP = 4;

    private final long limit;
    private final Duration retryAfter;
    private final Map<String, Long> ofClients = new HashMap<>();
    private long used;

    /**
     * Creates an empty budget.
     *
     * @param limit in bytes
     * @param retryAfter when a refused client may try again
     */
    BodyBudget(long limit, Duration retryAfter) {
        this.limit = limit;
        this.retryAfter = retryAfter;
    }

    /** Returns the default limit for the heap of this JVM, in bytes. */
    static long ofHeap() {
        return Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP;
    }

    /** Returns a claim that takes nothing yet. */
    Claim claim(String client) {
        return new Claim(client);
    }

    synchronized long used() {
        return used;
    }

    private synchronized void take(Claim claim, long bytes) {
        long wanted = claim.held + bytes;
        if (wanted > limit) {
            throw new ApiException(ApiError.of(
                    413,
                    INVALID_REQUEST,
                    "request_too_large",
                    "The body needs more memory than all request bodies together may take, which is " + limit
                            + " bytes (quern.openai.body-memory)."));
        }
        long ofClient = ofClients.getOrDefault(claim.client, 0L);
        boolean hasOthers = ofClient > claim.held;
        if (used + bytes > limit || hasOthers && ofClient + bytes > limit / 2) {
            throw new ApiException(ApiError.of(
                            503,
                            SERVER_ERROR,
                            "bodies_overloaded",
                            "Too many request bodies are arriving at the moment (quern.openai.body-memory). Try again later.")
                    .withRetryAfter(retryAfter));
        }
        used += bytes;
        ofClients.put(claim.client, ofClient + bytes);
        claim.held = wanted;
    }

    private synchronized void giveBack(Claim claim) {
        used -= claim.held;
        long left = ofClients.getOrDefault(claim.client, 0L) - claim.held;
        if (left > 0) {
            ofClients.put(claim.client, left);
        } else {
            ofClients.remove(claim.client);
        }
        claim.held = 0;
    }

    /** The memory of one body. For use by one thread at a time. */
    final class Claim implements AutoCloseable {
        private final String client;
        private long held;

        private Claim(String client) {
            this.client = client;
        }

        /**
         * Takes more memory.
         *
         * @throws ApiException 503 if there is no room now, 413 if there never will be; the claim keeps what it has
         */
        void grow(long bytes) {
            take(this, bytes);
        }

        /** Returns all memory to the budget. May be called more than once. */
        @Override
        public void close() {
            if (held > 0) {
                giveBack(this);
            }
        }
    }
}
