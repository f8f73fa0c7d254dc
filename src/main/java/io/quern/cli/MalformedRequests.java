package io.quern.cli;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.quern.ops.OpsJson;
import io.vertx.core.MultiMap;
import io.vertx.core.VertxException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Iterator;

/**
 * Answers malformed requests with an error object: those that are not HTTP, and those whose URI cannot be routed.
 * Vert.x would answer them without a body.
 *
 * <p>Vert.x has a handler for requests that its parser refuses, but Quarkus creates the servers and offers no way to
 * set it. Quarkus also refuses a malformed URI before any route runs. {@link ServerWatch} sees such a request earlier
 * and sets a handler on its connection.
 */
@ApplicationScoped
class MalformedRequests {
    private static final String INVALID_REQUEST = "invalid_request_error";
    private static final String MALFORMED_PATH =
            "the request's path or query is malformed; a % needs two hexadecimal digits after it";

    /** Runs before Quarkus' own failure handler and after the API's. */
    private static final int EARLY = -50;

    void install(@Observes Router router) {
        router.route().order(EARLY).failureHandler(MalformedRequests::unroutable);
    }

    private static void unroutable(RoutingContext http) {
        HttpServerResponse response = http.response();
        if (http.statusCode() != 400 || response.headWritten()) {
            http.next();
            return;
        }
        Throwable why = http.failure();
        response.setStatusCode(400);
        end(response, why instanceof VertxException ? String.valueOf(why.getMessage()) : MALFORMED_PATH);
    }

    private static void unparsable(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        Throwable why = request.decoderResult().cause();
        if (why instanceof TooLongHttpLineException) {
            response.setStatusCode(414);
            end(response, "the request line is too long (quarkus.http.limits.max-initial-line-length)");
        } else if (why instanceof TooLongHttpHeaderException) {
            response.setStatusCode(431);
            end(response, "the request's headers are too long (quarkus.http.limits.max-header-size)");
        } else {
            response.setStatusCode(400);
            end(response, "the request is not HTTP: its first line or a header is malformed");
        }
        response.close();
    }

    /** Closes the connection, since this handler stays on it. */
    private static void noUri(HttpServerRequest request) {
        request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE).setStatusCode(400);
        end(request.response(), MALFORMED_PATH);
        request.response().close();
    }

    private static void end(HttpServerResponse response, String message) {
        response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(OpsJson.error(message, INVALID_REQUEST, null));
    }

    private static void tooManyHeaders(HttpServerRequest request) {
        request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE).setStatusCode(431);
        end(request.response(), "the request has too many headers (quern.http.max-headers)");
        request.response().close();
    }

    /** Prepares the refusal of a malformed request; called before any handler runs. */
    static void look(HttpServerRequest received, int maxHeaders) {
        if (received.version()
                        == HttpVersion.HTTP_2 // its connection carries other requests as well, and bounds the memory of
                // headers
                || !(received.connection() instanceof HttpServerConnection connection)) {
            return;
        }
        if (received.decoderResult().isFailure()) {
            connection.invalidRequestHandler(MalformedRequests::unparsable);
        } else if (hasMoreThan(maxHeaders, received.headers())) {
            connection.handler(MalformedRequests::tooManyHeaders);
        } else if (!isUri(received.uri())) {
            connection.handler(MalformedRequests::noUri);
        }
    }

    /** Counts entries, since the map's own size counts names, and one name may occur a thousand times. */
    private static boolean hasMoreThan(int max, MultiMap headers) {
        int count = 0;
        for (Iterator<?> all = headers.iterator(); all.hasNext(); all.next()) {
            if (++count > max) {
                return true;
            }
        }
        return false;
    }

    /** Decides as Quarkus does. */
    private static boolean isUri(String uri) {
        try {
            new URI(uri);
            return true;
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
