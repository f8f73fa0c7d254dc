package io.quern.openai;

import static io.quern.openai.ApiError.INVALID_REQUEST;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request's body, up to a limit. Quarkus does not read it, because it would answer a body beyond its own limit
 * without a message.
 */
record RequestBody(long maxBytes, BodyPace pace) {
    /** Bytes that a request needs in addition to its body: its head and the objects of its exchange. */
    private static final long REQUEST_COST = 8 * 1024;

    /**
     * Bytes that parsing needs for each byte of a body: its characters while Jackson collects them, the string made of
     * them, and the prompt. Text with characters beyond Latin-1 needs twice as much, which is why bodies get only a
     * quarter of the heap.
     */
    private static final long PARSING_COST = 3;

    /**
     * Reads the body. The future fails with {@link ApiException} (413, 408, or 503 if bodies have no memory left), or
     * with {@link ClientLeftException}.
     *
     * @param memory grows with the body, and by what parsing will need; the caller releases it
     */
    Future<byte[]> read(RoutingContext http, BodyBudget.Claim memory) {
        try {
            memory.grow(REQUEST_COST);
            if (http.body() != null && http.body().available()) { // an embedding application reads all bodies early
                Buffer body = http.body().buffer();
                memory.grow(body == null ? 0 : body.length() * (1 + PARSING_COST));
                return Future.succeededFuture(body == null ? new byte[0] : body.getBytes());
            }
        } catch (ApiException e) {
            return Future.failedFuture(e);
        }
        return new Reading(http, memory).begin();
    }

    /** Receives one body. For use on its request's event loop. */
    private final class Reading {
        /**
         * Chunks smaller than this are merged, because the objects around each of them would need more memory than the
         * chunk.
         */
        private static final int SMALL_CHUNK = 1024;

        private static final int MERGED = 16 * 1024;
        private static final long CHUNK_COST = 256;

        private final RoutingContext http;
        private final BodyBudget.Claim memory;
        private final Promise<byte[]> read = Promise.promise();
        private final List<Buffer> chunks = new ArrayList<>(1);
        private @Nullable Buffer merged;
        private long length;

        Reading(RoutingContext http, BodyBudget.Claim memory) {
            this.http = http;
            this.memory = memory;
        }

        Future<byte[]> begin() {
            HttpServerRequest request = http.request();
            try {
                request.exceptionHandler(gone -> read.tryFail(new ClientLeftException(gone)));
                request.endHandler(ended -> end());
                request.handler(this::add);
                Expectation.meet(http);
                request.resume();
                if (!read.future().isComplete()) {
                    watch();
                }
            } catch (IllegalStateException e) { // HTTP/2: the client has reset the stream already
                read.tryFail(new ClientLeftException(e));
            }
            return read.future();
        }

        /** Watches the pace of a body. Most bodies arrive with their head, and are complete before this. */
        private void watch() {
            Vertx vertx = http.vertx();
            BodyPace.Watch watch = pace.begin(System.nanoTime());
            long timer = vertx.setPeriodic(pace.tickMillis(), tick -> {
                ApiError tooSlow = watch.look(System.nanoTime(), length);
                if (tooSlow != null) {
                    fail(new ApiException(tooSlow));
                }
            });
            read.future().onComplete(over -> vertx.cancelTimer(timer));
        }

        private void add(Buffer chunk) {
            if (read.future().isComplete()) {
                return;
            }
            if (length + chunk.length() > maxBytes) {
                fail(new ApiException(tooLarge()));
                return;
            }
            boolean small = chunk.length() < SMALL_CHUNK && !chunks.isEmpty();
            Buffer last = small && merged != null && merged.length() < MERGED ? merged : null;
            try {
                memory.grow(last == null ? chunk.length() + CHUNK_COST : chunk.length());
            } catch (ApiException e) {
                fail(e);
                return;
            }
            length += chunk.length();
            if (last == null) {
                begin(chunk, small);
            } else {
                last.appendBuffer(chunk);
            }
        }

        /** Adds a chunk. If it is small, small chunks that follow are appended to it. */
        private void begin(Buffer chunk, boolean small) {
            merged = small ? Buffer.buffer(SMALL_CHUNK).appendBuffer(chunk) : null;
            chunks.add(merged == null ? chunk : merged);
        }

        private void end() {
            if (read.future().isComplete()) {
                return;
            }
            try {
                memory.grow(length * PARSING_COST);
            } catch (ApiException e) {
                fail(e);
                return;
            }
            read.tryComplete(joined());
        }

        private byte[] joined() {
            if (chunks.size() == 1) {
                return chunks.getFirst().getBytes();
            }
            byte[] body = new byte[(int) length];
            int at = 0;
            for (Buffer chunk : chunks) {
                chunk.getBytes(body, at);
                at += chunk.length();
            }
            chunks.clear();
            return body;
        }

        private void fail(ApiException why) {
            chunks.clear();
            merged = null;
            read.tryFail(why);
        }
    }

    /** Returns whether the headers already show that the body is too large. */
    boolean isAnnouncedTooLarge(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        try {
            return length != null && Long.parseLong(length.strip()) > maxBytes;
        } catch (NumberFormatException e) {
            return false; // the codec has refused invalid lengths, or a transfer coding overrides this one
        }
    }

    ApiError tooLarge() {
        return ApiError.of(
                413,
                INVALID_REQUEST,
                "request_too_large",
                "The body is larger than " + maxBytes + " bytes (quern.openai.max-body-size).");
    }

    /**
     * Returns whether the content type is JSON. A form or plain text is a mistake that deserves an error message.
     *
     * @param missingIsJson whether a missing type counts as JSON
     */
    static boolean isJson(@Nullable String contentType, boolean missingIsJson) {
        if (contentType == null || contentType.isBlank()) {
            return missingIsJson;
        }
        int parameters = contentType.indexOf(';');
        String type = (parameters < 0 ? contentType : contentType.substring(0, parameters))
                .strip()
                .toLowerCase(Locale.ROOT);
        return type.equals("application/json") || type.equals("text/json") || type.endsWith("+json");
    }

    /**
     * Returns whether the body is uncompressed. Bodies are not decompressed here, because a small one could become any
     * size.
     */
    static boolean isPlain(@Nullable String contentEncoding) {
        return contentEncoding == null
                || contentEncoding.isBlank()
                || contentEncoding.strip().equalsIgnoreCase("identity");
    }

    static ApiError notPlain(String contentEncoding) {
        return ApiError.of(
                415,
                INVALID_REQUEST,
                "unsupported_media_type",
                "The content encoding must be identity, but is " + Excerpt.quoted(contentEncoding)
                        + ". Send the body uncompressed.");
    }

    static ApiError notJson(@Nullable String contentType) {
        if (contentType == null || contentType.isBlank()) {
            // a web page of another origin may send such a body without a preflight, and an engine without keys would
            // serve it
            return ApiError.of(
                    415,
                    INVALID_REQUEST,
                    "unsupported_media_type",
                    "The content type is missing. An engine without API keys requires application/json.");
        }
        return ApiError.of(
                415,
                INVALID_REQUEST,
                "unsupported_media_type",
                "The content type must be application/json, but is " + Excerpt.quoted(contentType));
    }
}
