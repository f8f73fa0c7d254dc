package io.quern.openai;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;

/**
 * {@code Expect: 100-continue}: a client sends its body after we ask for it, or after a while of its own. We ask once all that the head
 * decides has been checked; else the refusal is the only answer.
 */
final class Expectation {
    private static final String CONTINUE = "100-continue";
    private static final String MET = Expectation.class.getName();

    private Expectation() {}

    /**
     * Has a refusal without 100 end the connection. The client may then leave its body out, and the next request on this connection would
     * be taken for that.
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

    /** Asks for the body, if the client waits for that. */
    static void meet(RoutingContext http) {
        HttpServerResponse response = http.response();
        if (isThere(http.request()) && !http.request().isEnded() && !response.ended() && !response.closed()) {
            http.put(MET, true);
            response.writeContinue();
        }
    }

    /** HTTP/1.0 has no such thing. */
    private static boolean isThere(HttpServerRequest request) {
        return request.version() != HttpVersion.HTTP_1_0
                && CONTINUE.equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT));
    }
}
