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
 * A request's body as bytes, within a limit. Read here because Quarkus answers a body beyond its own limit without a
 * word.
 */
record RequestBody(long maxBytes, BodyPace pace) {
    /** What a request costs beside its body: its head and the objects of its exchange. */
    private static final long REQUEST_COST = 8 * 1024;

    /**
     * What parsing takes for each byte of a body: its characters while Jackson collects them, the string made of them,
     * and the prompt. Twice that where a text has characters beyond Latin-1, which is why bodies get a quarter of the
     * heap only.
     */
    private static final long PARSING_COST = 3;

    /**
     * Fails with {@link ApiException} (413, 408, or 503 where bodies have no memory left), or with {@link
     * ClientLeftException}.
     *
     * @param memory grows with the body, and by what parsing will take; the caller gives it back
     */
    Future<byte[]> read(RoutingContext http, BodyBudget.Claim memory) {
        try {
            memory.grow(REQUEST_COST);
            if (http.body() != null && http.body().available()) { // an embedding application reads all bodies up front
                Buffer body = http.body().buffer();
                memory.grow(body == null ? 0 : body.length() * (1 + PARSING_COST));
                return Future.succeededFuture(body == null ? new byte[0] : body.getBytes());
            }
        } catch (ApiException e) {
            return Future.failedFuture(e);
        }
        return new Reading(http, memory).begin();
    }

    /** One body on its way. On its request's event loop. */
    private final class Reading {
        /** Smaller ones are put together, as each has objects around it that would outweigh them. */
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
            } catch (IllegalStateException e) { // over HTTP/2: the client has reset the stream already
                read.tryFail(new ClientLeftException(e));
            }
            return read.future();
        }

        /** Bodies that come with their head, as most do, are complete before this. */
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

        /** Small chunks that follow are appended to a small one. */
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

    /** Whether the headers alone say that the body is too large. */
    boolean isAnnouncedTooLarge(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        try {
            return length != null && Long.parseLong(length.strip()) > maxBytes;
        } catch (NumberFormatException e) {
            return false; // the codec has refused what is no length, or a transfer coding overrides it
        }
    }

    ApiError tooLarge() {
        return ApiError.of(413, INVALID_REQUEST, "request_too_large", "the body is larger than " + maxBytes + " bytes");
    }

    /**
     * A form or plain text is a mistake worth an answer.
     *
     * @param missingIsJson what a missing type is taken for
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

    /** Whether the body is as it was written. Bodies are not decompressed here: a small one could become any size. */
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
                "the content encoding must be identity, is " + Excerpt.quoted(contentEncoding));
    }

    static ApiError notJson(@Nullable String contentType) {
        if (contentType == null || contentType.isBlank()) {
            // a page of another origin can send such a body without asking, and an engine without keys would serve it
            return ApiError.of(
                    415,
                    INVALID_REQUEST,
                    "unsupported_media_type",
                    "the content type is missing; where no API keys are set it must be application/json");
        }
        return ApiError.of(
                415,
                INVALID_REQUEST,
                "unsupported_media_type",
                "the content type must be application/json, is " + Excerpt.quoted(contentType));
    }
}
