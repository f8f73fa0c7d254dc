package io.quern.openai;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import org.jboss.logging.Logger;

/**
 * Answers when the usual code for errors has failed. This happens if somebody overwrites the application's files while
 * it runs: any class that is not loaded by then cannot be loaded any more. Everything used here has been loaded by
 * then.
 */
final class LastResort {
    private static final Logger LOG = Logger.getLogger(LastResort.class);

    private static final Buffer REPLACED =
            body("The engine cannot load a part of itself, probably because its files were replaced while"
                    + " it ran. Restart the engine. Its log names the part.");
    private static final Buffer DEFECT = body("An internal error occurred. The engine's log has the details.");

    private LastResort() {}

    /**
     * Ends the response unless it has ended: with an error if nothing has been sent yet, otherwise by closing the
     * connection. Never throws.
     */
    static void answer(RoutingContext http, Throwable failure) {
        try {
            LOG.errorf("The request failed: %s", failure);
            HttpServerResponse response = http.response();
            if (response.ended() || response.closed()) {
                return;
            }
            if (!response.headWritten()) {
                response.setStatusCode(500)
                        .putHeader(HttpHeaderNames.CONTENT_TYPE, "application/json")
                        .end(failure instanceof LinkageError ? REPLACED : DEFECT);
                return;
            }
        } catch (RuntimeException | Error e) {
            // closing the connection below notifies the client as well
        }
        close(http);
    }

    private static void close(RoutingContext http) {
        try {
            http.request().connection().close();
        } catch (RuntimeException | Error e) {
            // nothing is left to try
        }
    }

    private static Buffer body(String message) {
        return ApiError.of(500, ApiError.SERVER_ERROR, "internal_error", message)
                .json();
    }
}
