package io.quern.openai;

import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An error in OpenAI's format.
 *
 * @param status the HTTP status
 * @param type the family ({@code invalid_request_error}, {@code server_error}...)
 * @param code the exact reason for programs, or null
 * @param param the field of the request that is at fault, or null
 * @param message what happened and what to do, for people
 * @param retryAfter when it makes sense to try again, or null
 * @param retry whether a client that decides by the status may try again
 */
record ApiError(
        int status,
        String type,
        @Nullable String code,
        @Nullable String param,
        String message,
        @Nullable Duration retryAfter,
        boolean retry) {
    static final String INVALID_REQUEST = "invalid_request_error";
    static final String SERVER_ERROR = "server_error";

    /** Returns a 400 for one field, or for the whole body if the field is null. */
    static ApiError invalid(@Nullable String param, String message) {
        return new ApiError(400, INVALID_REQUEST, null, param, message, null, true);
    }

    static ApiError of(int status, String type, String code, String message) {
        return new ApiError(status, type, code, null, message, null, true);
    }

    ApiError withRetryAfter(Duration duration) {
        return new ApiError(status, type, code, param, message, duration, retry);
    }

    ApiError withoutRetry() {
        return new ApiError(status, type, code, param, message, retryAfter, false);
    }

    /**
     * Returns whole seconds, at least 1, because clients that read 0 try again at once. There must be a time to try
     * again.
     */
    long retryAfterSeconds() {
        return Math.max(1, Objects.requireNonNull(retryAfter).plusMillis(999).toSeconds());
    }

    /** {@code {"error":{...}}} */
    Buffer json() {
        Buffer out = Buffer.buffer(128 + message.length());
        JsonText.appendQuoted(out.appendString("{\"error\":{\"message\":"), message);
        JsonText.appendQuoted(out.appendString(",\"type\":"), type);
        JsonText.appendQuoted(out.appendString(",\"param\":"), param);
        JsonText.appendQuoted(out.appendString(",\"code\":"), code);
        return out.appendString("}}");
    }
}
