package io.quern.openai;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import org.jboss.logging.Logger;

/**
 * The answer where the usual way to one has failed, which happens when somebody overwrites the application's files while it runs: then
 * any class that is not loaded yet cannot be loaded any more. All that is used here is loaded by the first time.
 */
final class LastResort {
    private static final Logger LOG = Logger.getLogger(LastResort.class);

    private static final Buffer REPLACED =
            body("the engine cannot load a part of itself. Its files were probably replaced while "
                    + "it ran; then it has to be restarted. The log names the part");
    private static final Buffer DEFECT = body("an internal error; the log has it");

    private LastResort() {}

    /** Ends the response if it has not ended: with an error if nothing has been sent, else by closing the connection. Never throws. */
    static void answer(RoutingContext http, Throwable failure) {
        try {
            LOG.errorf("request failed: %s", failure);
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
            // the connection's end tells the client as well
        }
        close(http);
    }

    private static void close(RoutingContext http) {
        try {
            http.request().connection().close();
        } catch (RuntimeException | Error e) {
            // nothing is left that could be tried
        }
    }

    private static Buffer body(String message) {
        return ApiError.of(500, ApiError.SERVER_ERROR, "internal_error", message)
                .json();
    }
}
