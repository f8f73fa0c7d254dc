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
 * What must happen before Quarkus itself looks at a request, and what Quarkus answers without a body: bodies that are too large (its own
 * limit is for what an application reads, and may be lower), and requests that Vert.x refuses before any resource sees them.
 */
@ApplicationScoped
class Front {
    /** Over 2, the priority of Quarkus' own check of a body's length. */
    private static final int BEFORE_BODY_LIMIT = 100;

    /** Before Quarkus' own handler of failures, which is the last. */
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

    /** Before Quarkus' own, whose classes may be what cannot be loaded. */
    private static void failed(RoutingContext http) {
        if (http.failure() instanceof LinkageError e && ApiPaths.isBelowRoot(http.normalizedPath())) {
            LastResort.answer(http, e);
        } else {
            http.next();
        }
    }

    /** Such as one without Host. */
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
            // our limit has been asked; without the header Quarkus does not ask its own
            http.request().headers().remove(HttpHeaders.CONTENT_LENGTH);
        }
        http.next();
    }
}
