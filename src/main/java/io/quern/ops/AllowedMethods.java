package io.quern.ops;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Names the methods that our paths take in a 405 for another one ({@code Allow}), as HTTP demands. quarkus-rest leaves them out. */
@ApplicationScoped
class AllowedMethods {
    private static final int PRIORITY = 100;
    private static final Set<String> PATHS =
            Set.of("/health", "/metrics", "/q/quern/pool", "/q/quern/pool/events", "/q/quern/decision");
    private static final Set<HttpMethod> METHODS = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

    private final OpsConfig config;
    private final String restPath;

    @Inject
    AllowedMethods(OpsConfig config, @ConfigProperty(name = "quarkus.rest.path", defaultValue = "/") String restPath) {
        this.config = config;
        this.restPath = restPath.equals("/") ? "" : "/" + restPath.replaceAll("^/|/$", "");
    }

    void install(@Observes Filters filters) {
        if (config.enabled()) {
            filters.register(this::receive, PRIORITY);
        }
    }

    private void receive(RoutingContext http) {
        if (!METHODS.contains(http.request().method()) && isOurs(http)) {
            http.addHeadersEndHandler(head -> {
                HttpServerResponse response = http.response();
                if (response.getStatusCode() == 405 && !response.headers().contains(HttpHeaders.ALLOW)) {
                    response.headers().set(HttpHeaders.ALLOW, "GET, HEAD, OPTIONS");
                }
            });
        }
        http.next();
    }

    private boolean isOurs(RoutingContext http) {
        String root = http.mountPoint() == null ? "" : http.mountPoint().replaceAll("/$", "");
        String path = http.normalizedPath();
        return path.startsWith(root + restPath) && PATHS.contains(path.substring((root + restPath).length()));
    }
}
