package io.quern.openai;

import static io.quern.openai.ApiError.INVALID_REQUEST;
import static io.quern.openai.ApiError.SERVER_ERROR;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Bounds the memory of all request bodies together, from their first byte until they are parsed. One client alone holds at most half of it
 * by several bodies, so that its half-sent ones leave room for those of others. Safe for use by several threads.
 */
final class BodyBudget {
    /** The share of the heap that bodies may take. */
    private static final int SHARE_OF_HEAP = 4;

    private final long limit;
    private final Duration retryAfter;
    private final Map<String, Long> ofClients = new HashMap<>();
    private long used;

    /**
     * @param limit in bytes
     * @param retryAfter when a refused client may try again
     */
    BodyBudget(long limit, Duration retryAfter) {
        this.limit = limit;
        this.retryAfter = retryAfter;
    }

    /** The bytes that suit the heap of this JVM. */
    static long ofHeap() {
        return Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP;
    }

    /** A claim of nothing yet. */
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
                    "the body takes more memory than all bodies together may take, which is " + limit
                            + " bytes (quern.openai.body-memory)"));
        }
        long ofClient = ofClients.getOrDefault(claim.client, 0L);
        boolean hasOthers = ofClient > claim.held;
        if (used + bytes > limit || hasOthers && ofClient + bytes > limit / 2) {
            throw new ApiException(ApiError.of(
                            503,
                            SERVER_ERROR,
                            "bodies_overloaded",
                            "too many request bodies are under way; try again later (quern.openai.body-memory)")
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

    /** The memory of one body. For one thread at a time. */
    final class Claim implements AutoCloseable {
        private final String client;
        private long held;

        private Claim(String client) {
            this.client = client;
        }

        /** @throws ApiException 503 if there is no room now, 413 if there never will be; what is held stays */
        void grow(long bytes) {
            take(this, bytes);
        }

        /** Gives all back. May be called more than once. */
        @Override
        public void close() {
            if (held > 0) {
                giveBack(this);
            }
        }
    }
}
