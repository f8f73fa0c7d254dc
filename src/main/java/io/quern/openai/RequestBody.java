package io.quern.openai;

import static io.quern.openai.ApiError.INVALID_REQUEST;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;

/** A request's body as bytes, within a limit. Read here because Quarkus answers a body beyond its own limit without a word. */
record RequestBody(long maxBytes) {

    /** Fails with {@link ApiException} (413), or with {@link ClientLeftException}. */
    Future<byte[]> read(RoutingContext http) {
        if (http.body() != null && http.body().available()) { // an embedding application reads all bodies up front
            Buffer body = http.body().buffer();
            return Future.succeededFuture(body == null ? new byte[0] : body.getBytes());
        }
        HttpServerRequest request = http.request();
        Promise<byte[]> read = Promise.promise();
        Buffer body = Buffer.buffer();
        try {
            request.exceptionHandler(gone -> read.tryFail(new ClientLeftException(gone)));
            request.endHandler(ended -> read.tryComplete(body.getBytes()));
            request.handler(chunk -> {
                if (body.length() + (long) chunk.length() > maxBytes) {
                    read.tryFail(new ApiException(tooLarge()));
                } else {
                    body.appendBuffer(chunk);
                }
            });
            Expectation.meet(http);
            request.resume();
        } catch (IllegalStateException e) { // over HTTP/2: the client has reset the stream already
            read.tryFail(new ClientLeftException(e));
        }
        return read.future();
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

    /** A missing type is taken for JSON; a form or plain text is a mistake worth an answer. */
    static boolean isJson(String contentType) {
        if (contentType == null || contentType.isBlank()) {
            return true;
        }
        int parameters = contentType.indexOf(';');
        String type = (parameters < 0 ? contentType : contentType.substring(0, parameters))
                .strip()
                .toLowerCase(Locale.ROOT);
        return type.equals("application/json") || type.equals("text/json") || type.endsWith("+json");
    }

    /** Whether the body is as it was written. Bodies are not decompressed here: a small one could become any size. */
    static boolean isPlain(String contentEncoding) {
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

    static ApiError notJson(String contentType) {
        return ApiError.of(
                415,
                INVALID_REQUEST,
                "unsupported_media_type",
                "the content type must be application/json, is " + Excerpt.quoted(contentType));
    }
}
