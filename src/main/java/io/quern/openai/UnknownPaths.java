package io.quern.openai;

import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** OpenAI's shape for what no resource of ours answers. An embedding application's own paths keep their answers. */
public class UnknownPaths {
    /** Behind any mapper of the embedding application. */
    private static final int LAST = Priorities.USER + 10_000;

    @ServerExceptionMapper(priority = LAST)
    public Response notFound(NotFoundException failure, RoutingContext http) {
        return answer(failure, http, "unknown_url", "there is no " + Excerpt.quoted(http.normalizedPath()) + " here");
    }

    @ServerExceptionMapper(priority = LAST)
    public Response notAllowed(NotAllowedException failure, RoutingContext http) {
        return answer(
                failure,
                http,
                "method_not_allowed",
                Excerpt.quoted(http.normalizedPath()) + " does not take "
                        + http.request().method());
    }

    private static Response answer(WebApplicationException failure, RoutingContext http, String code, String message) {
        Response plain = failure.getResponse();
        if (!http.normalizedPath().startsWith(Front.ROOT)) {
            return plain;
        }
        ApiError error = ApiError.of(plain.getStatus(), ApiError.INVALID_REQUEST, code, message);
        // from the plain answer: it names the allowed methods
        return Response.fromResponse(plain)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(error.json().getBytes())
                .build();
    }
}
