package io.quern.openai;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;

/** Writes whole answers, not streams. For use on the exchange's event loop. */
record Answers(Duration linger) {
    private static final String JSON = "application/json";

    void json(RoutingContext http, Buffer body) {
        http.response().putHeader(HttpHeaders.CONTENT_TYPE, JSON).end(body);
    }

    void error(RoutingContext http, ApiError error) {
        HttpServerResponse response = http.response();
        if (response.ended() || response.closed()) {
            return;
        }
        RequestId.assign(http);
        response.setStatusCode(error.status()).putHeader(HttpHeaders.CONTENT_TYPE, JSON);
        if (error.status() == 401) {
            response.putHeader("www-authenticate", "Bearer");
        }
        if (error.retryAfter() != null) {
            response.putHeader(HttpHeaders.RETRY_AFTER, Long.toString(error.retryAfterSeconds()));
        }
        if (!error.retry()) {
            // OpenAI's clients repeat requests after a 5xx unless this header forbids it
            response.putHeader("x-should-retry", "false");
        }
        response.end(error.json());
        passOver(http.request(), http.vertx());
    }

    /**
     * Reads and drops the rest of a refused request's body. Closing at once would reset the connection, and a client
     * that is still sending would see the reset instead of the answer. A client that does not stop is disconnected
     * after the linger time.
     */
    private void passOver(HttpServerRequest request, Vertx vertx) {
        if (request.isEnded()) {
            return;
        }
        long timer = vertx.setTimer(linger.toMillis(), expired -> giveUp(request));
        request.exceptionHandler(gone -> vertx.cancelTimer(timer));
        request.endHandler(ended -> vertx.cancelTimer(timer));
        request.handler(chunk -> {});
        request.resume();
    }

    /** Resets only the stream over HTTP/2, because the connection carries other requests as well. */
    private static void giveUp(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            request.response().reset();
        } else {
            request.connection().close();
        }
    }
}
