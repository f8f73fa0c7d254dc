package io.quern.openai;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;

/** What must happen before Quarkus itself looks at a request: its id, and our answer to a body that is too large. */
@ApplicationScoped
class Front {
    static final String ROOT = "/v1/";

    /** Over 2, the priority of Quarkus' own check of a body's length, whose answer has no body. */
    private static final int BEFORE_BODY_LIMIT = 100;

    private final OpenAi openAi;

    @Inject
    Front(OpenAi openAi) {
        this.openAi = openAi;
    }

    void install(@Observes Filters filters) {
        filters.register(this::receive, BEFORE_BODY_LIMIT);
    }

    private void receive(RoutingContext http) {
        if (http.normalizedPath().startsWith(ROOT)) {
            RequestId.assign(http);
            if (openAi.refusesAnnouncedBody(http)) {
                return;
            }
        }
        http.next();
    }
}
