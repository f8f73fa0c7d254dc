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
 * Answers requests that are no HTTP, or that no route can be found for, by an error object. Vert.x answers them without
 * a body.
 *
 * <p>Vert.x has a handler for what its parser refuses, but Quarkus makes the servers and lets nobody set it, and
 * Quarkus refuses a malformed URI before it asks any route. {@link ServerWatch} sees such a request just before, and
 * our handler is put on its connection.
 */
@ApplicationScoped
class MalformedRequests {
    private static final String INVALID_REQUEST = "invalid_request_error";
    private static final String MALFORMED_PATH =
            "the request's path or query is malformed; a % takes two hexadecimal digits";

    /** Before Quarkus' own handler of failures, and behind that of the API. */
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
            end(response, "the request's line is too long (quarkus.http.limits.max-initial-line-length)");
        } else if (why instanceof TooLongHttpHeaderException) {
            response.setStatusCode(431);
            end(response, "the request's headers are too long (quarkus.http.limits.max-header-size)");
        } else {
            response.setStatusCode(400);
            end(response, "the request is not HTTP: its first line or a header is malformed");
        }
        response.close();
    }

    /** Ends the connection, since from now on it has this handler. */
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

    /** Has a request answered that is refused whatever it asks for; before it is handled. */
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

    /** The map's own size counts names, and a name may stand there a thousand times. */
    private static boolean hasMoreThan(int max, MultiMap headers) {
        int count = 0;
        for (Iterator<?> all = headers.iterator(); all.hasNext(); all.next()) {
            if (++count > max) {
                return true;
            }
        }
        return false;
    }

    /** As Quarkus looks at it. */
    private static boolean isUri(String uri) {
        try {
            new URI(uri);
            return true;
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
