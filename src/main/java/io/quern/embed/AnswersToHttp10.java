package io.quern.embed;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * Closes the connection after an answer of unknown length to HTTP/1.0. That version has no chunks, so the client knows
 * that the answer is complete only when the connection ends. If the client sends {@code Connection: keep-alive}, as ab
 * and older proxies do, Vert.x would keep the connection open and the client would wait forever.
 */
@ApplicationScoped
class AnswersToHttp10 {
    /** Runs before any handler that answers. */
    private static final int FIRST = 1000;

    void install(@Observes Filters filters) {
        filters.register(AnswersToHttp10::receive, FIRST);
    }

    private static void receive(RoutingContext http) {
        HttpServerRequest request = http.request();
        if (request.version() == HttpVersion.HTTP_1_0 && request.headers().contains(HttpHeaders.CONNECTION)) {
            http.addHeadersEndHandler(head -> {
                MultiMap headers = http.response().headers();
                if (!headers.contains(HttpHeaders.CONTENT_LENGTH) && request.method() != HttpMethod.HEAD) {
                    headers.set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
                    http.addBodyEndHandler(written -> request.connection().close());
                }
            });
        }
        http.next();
    }
}
