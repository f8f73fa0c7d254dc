package io.quern.openai;

import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * Answers in OpenAI's format for paths below /v1 that no resource serves. Answers of an embedding application's own
 * resources do not change.
 */
public class UnknownPaths {
    /** After any mapper of the embedding application. */
    private static final int LAST = Priorities.USER + 10_000;

    private final boolean enabled;

    @Inject
    UnknownPaths(OpenAiConfig config) {
        enabled = config.enabled();
    }

    @ServerExceptionMapper(priority = LAST)
    public Response notFound(NotFoundException failure, UriInfo uri, RoutingContext http) {
        String path = http.normalizedPath();
        boolean resourceSaysSo = !uri.getMatchedURIs().isEmpty();
        // "/v1/../x" is "/x", but its client meant the API
        boolean meant = ApiPaths.isBelowRoot(path)
                || ApiPaths.isBelowRoot(http.request().path());
        if (!enabled || resourceSaysSo || !meant) {
            return failure.getResponse();
        }
        return answer(
                failure.getResponse(), http, "unknown_url", "The path " + Excerpt.quoted(path) + " does not exist.");
    }

    @ServerExceptionMapper(priority = LAST)
    public Response notAllowed(NotAllowedException failure, RoutingContext http) {
        String path = http.normalizedPath();
        if (!enabled || !ApiPaths.isOurs(path)) {
            return failure.getResponse();
        }
        return answer(
                Response.fromResponse(failure.getResponse())
                        .header(HttpHeaders.ALLOW, ApiPaths.methods(path))
                        .build(),
                http,
                "method_not_allowed",
                "The path " + Excerpt.quoted(path) + " does not support the method "
                        + http.request().method() + ".");
    }

    private static Response answer(Response plain, RoutingContext http, String code, String message) {
        RequestId.assign(http);
        ApiError error = ApiError.of(plain.getStatus(), ApiError.INVALID_REQUEST, code, message);
        return Response.fromResponse(plain)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(error.json().getBytes())
                .build();
    }
}
