package io.quern.openai;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;

/**
 * Handles {@code Expect: 100-continue}: the client sends its body when the engine asks for it, or after a while. The
 * engine asks once it has checked everything that the head decides; otherwise the refusal is the only answer.
 */
final class Expectation {
    private static final String CONTINUE = "100-continue";
    private static final String MET = Expectation.class.getName();

    private Expectation() {}

    /**
     * Makes a refusal without a 100 close the connection. The client may leave out its body after it, and the engine
     * would take the next request on the connection for that body.
     *
     * @param linger how long the client has to close the connection itself
     */
    static void watch(RoutingContext http, Duration linger) {
        HttpServerRequest request = http.request();
        if (isThere(request) && request.version() == HttpVersion.HTTP_1_1) {
            http.addHeadersEndHandler(head -> {
                if (http.get(MET) == null && !request.isEnded()) {
                    http.response().headers().set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
                    http.vertx().setTimer(linger.toMillis(), over -> request.connection()
                            .close());
                }
            });
        }
    }

    /** Asks for the body if the client waits for that. */
    static void meet(RoutingContext http) {
        HttpServerResponse response = http.response();
        if (isThere(http.request()) && !http.request().isEnded() && !response.ended() && !response.closed()) {
            http.put(MET, true);
            response.writeContinue();
        }
    }

    /** Returns whether the client expects it. HTTP/1.0 does not have this header. */
    private static boolean isThere(HttpServerRequest request) {
        return request.version() != HttpVersion.HTTP_1_0
                && CONTINUE.equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT));
    }
}
