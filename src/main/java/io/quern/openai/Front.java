package io.quern.openai;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.VertxException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;

/**
 * Handles requests before Quarkus does, and answers what Quarkus would answer without a body: bodies that are too
 * large, and requests that Vert.x refuses before any resource sees them. Quarkus' own limit is for what an application
 * reads, and may be lower.
 */
@ApplicationScoped
class Front {
    /** Higher than 2, the priority of Quarkus' own check of body lengths. */
    private static final int BEFORE_BODY_LIMIT = 100;

    /** Before Quarkus' own failure handler, which is the last one. */
    private static final int EARLY = -BEFORE_BODY_LIMIT;

    private final OpenAi openAi;
    private final boolean enabled;

    @Inject
    Front(OpenAi openAi, OpenAiConfig config) {
        this.openAi = openAi;
        this.enabled = config.enabled();
    }

    void install(@Observes Filters filters) {
        if (enabled) {
            filters.register(this::receive, BEFORE_BODY_LIMIT);
        }
    }

    void install(@Observes Router router) {
        if (enabled) {
            router.route().order(Integer.MIN_VALUE).failureHandler(Front::failed);
            router.route().order(EARLY).failureHandler(this::refuseMalformed);
        }
    }

    /** Answers if a class cannot be loaded, before Quarkus' own handler, whose classes may be missing too. */
    private static void failed(RoutingContext http) {
        if (http.failure() instanceof LinkageError e && ApiPaths.isBelowRoot(http.normalizedPath())) {
            LastResort.answer(http, e);
        } else {
            http.next();
        }
    }

    /** Answers a malformed request, such as one without Host. */
    private void refuseMalformed(RoutingContext http) {
        String path = http.request().path();
        boolean byVertx = http.statusCode() == 400 && http.failure() instanceof VertxException;
        if (byVertx && path != null && ApiPaths.isBelowRoot(path)) {
            openAi.refuseMalformed(http);
        } else {
            http.next();
        }
    }

    private void receive(RoutingContext http) {
        if (ApiPaths.isBelowRoot(http.normalizedPath())) {
            openAi.watchExpectation(http);
        }
        if (ApiPaths.takesBody(http.normalizedPath())) {
            if (openAi.refusesAnnouncedBody(http)) {
                return;
            }
            // the API's own limit has been checked; without this header Quarkus does not check its own
            http.request().headers().remove(HttpHeaders.CONTENT_LENGTH);
        }
        http.next();
    }
}
