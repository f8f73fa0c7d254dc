package io.quern.cli;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quern.openai.OpenAiConfig;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.Set;
import org.eclipse.microprofile.config.Config;

/**
 * Routes paths at the root that clients of vLLM use, such as {@code /tokenize}, to the same resources of the API. Only
 * the application does this, because one that embeds Quern may have its own resources at these paths.
 */
@ApplicationScoped
class RootAliases {
    /** The paths at the root. The API has each of them below {@link #API}. */
    static final Set<String> PATHS = Set.of("/tokenize", "/detokenize", "/version");

    static final String API = "/v1";

    /** The priority of the filter. It has to run before anything else looks at the path. */
    private static final int FIRST = 1000;

    private final boolean enabled;
    private final String root;

    @Inject
    RootAliases(OpenAiConfig openAi, Config config) {
        enabled = openAi.enabled();
        String path =
                config.getOptionalValue("quarkus.http.root-path", String.class).orElse("/");
        root = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    void install(@Observes Filters filters) {
        if (enabled) {
            filters.register(this::route, FIRST);
        }
    }

    private void route(RoutingContext http) {
        String path = http.normalizedPath();
        if (path.startsWith(root) && PATHS.contains(path.substring(root.length()))) {
            http.reroute(root + API + path.substring(root.length()));
        } else {
            http.next();
        }
    }
}
