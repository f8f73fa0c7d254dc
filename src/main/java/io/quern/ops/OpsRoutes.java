package io.quern.ops;

import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.vertx.http.ManagementInterface;
import io.smallrye.mutiny.Multi;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.util.Optional;
import java.util.Set;

/**
 * Serves what operators look at. It uses routes instead of REST resources, because only routes can be on the management
 * interface.
 *
 * <p>The short health is on the main port as well, because load balancers and routers look for it where they send
 * requests. In development mode everything is on both ports, so that the page of the Dev UI can read it.
 */
@ApplicationScoped
class OpsRoutes {
    private static final String JSON = "application/json";
    private static final String METHODS = "GET, HEAD, OPTIONS";

    /** The media type of Prometheus' text format. */
    private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

    /** Before any other handler of the management interface. */
    private static final int FIRST = -1_000_000;

    private static final Set<HttpMethod> READS = Set.of(HttpMethod.GET, HttpMethod.HEAD);

    private final OpsConfig config;
    private final OpsPaths paths;
    private final OpsAccess access;
    private final OpsViews views;
    private final PoolEvents events;
    private final Instance<PrometheusMeterRegistry> registry;

    @Inject
    OpsRoutes(
            OpsConfig config,
            OpsPaths paths,
            OpsAccess access,
            OpsViews views,
            PoolEvents events,
            Instance<PrometheusMeterRegistry> registry) {
        this.config = config;
        this.paths = paths;
        this.access = access;
        this.views = views;
        this.events = events;
        this.registry = registry;
    }

    void install(@Observes ManagementInterface management) {
        management.router().route().order(FIRST).handler(OpsRoutes::ownPagesOnly);
        if (config.enabled()) {
            health(management.router(), "");
            operations(management.router(), "", paths.managementRoot(), true);
        }
    }

    void install(@Observes Router main) {
        if (config.enabled()) {
            String root = paths.mainRoot();
            health(main, root);
            boolean development = LaunchMode.current() == LaunchMode.DEVELOPMENT;
            if (!paths.management() || development) {
                operations(main, root, root + "/q", development);
            }
        }
    }

    /**
     * Removes Quarkus' permission for pages of every origin to read its management interface. With it, any web page
     * that a developer opens could read these endpoints.
     */
    private static void ownPagesOnly(RoutingContext http) {
        http.addHeadersEndHandler(head -> http.response().headers().remove(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN));
        http.next();
    }

    private void health(Router router, String root) {
        serve(router, root + "/health", this::health);
    }

    /**
     * Adds the routes.
     *
     * @param management true for the management interface, where metrics are open like Quarkus' own, and for the only
     *     port of development mode, which is treated the same way
     */
    private void operations(Router router, String root, String quarkusRoot, boolean management) {
        serve(router, root + "/metrics", management ? this::metrics : guarded(false, this::metrics));
        serve(
                router,
                quarkusRoot + "/quern/pool",
                guarded(management, http -> json(http, views.pool(access.seesAll(http, management)))));
        serve(
                router,
                quarkusRoot + "/quern/pool/events",
                guarded(management, http -> poolEvents(http, access.seesAll(http, management))));
        serve(
                router,
                quarkusRoot + "/quern/decision",
                guarded(management, http -> json(http, views.decision(access.seesAll(http, management)))));
    }

    private Handler<RoutingContext> guarded(boolean management, Handler<RoutingContext> answer) {
        return http -> {
            if (access.admits(http, management)) {
                answer.handle(http);
            }
        };
    }

    private static void serve(Router router, String path, Handler<RoutingContext> answer) {
        router.route(path).handler(http -> {
            HttpServerResponse response = http.response();
            HttpMethod method = http.request().method();
            if (method == HttpMethod.OPTIONS) {
                response.putHeader(HttpHeaders.ALLOW, METHODS).end();
            } else if (READS.contains(method)) {
                answer.handle(http);
            } else {
                response.putHeader(HttpHeaders.ALLOW, METHODS);
                refuse(
                        http,
                        405,
                        "invalid_request_error",
                        "method_not_allowed",
                        "This path supports only " + METHODS + ".");
            }
        });
    }

    private void health(RoutingContext http) {
        ShortHealth health = views.health();
        if (health.retryAfterSeconds() > 0) {
            http.response().putHeader("retry-after", Integer.toString(health.retryAfterSeconds()));
        }
        http.response().setStatusCode(health.status());
        json(http, health.body());
    }

    /**
     * Serves the metrics on vLLM's path, always as plain text. Routers that read this path understand nothing else, and
     * do not say so in their request.
     */
    private void metrics(RoutingContext http) {
        if (registry.isUnsatisfied()) {
            http.fail(404); // quarkus.micrometer.export.prometheus.enabled is false
            return;
        }
        http.vertx()
                .executeBlocking(() -> registry.get().scrape(), false)
                .onSuccess(text -> http.response()
                        .putHeader(HttpHeaders.CONTENT_TYPE, METRICS)
                        .end(text))
                .onFailure(http::fail);
    }

    private void poolEvents(RoutingContext http, boolean all) {
        EventWriter writer = new EventWriter(http);
        HttpServerResponse response = http.response();
        boolean head = http.request().method() == HttpMethod.HEAD;
        Optional<Multi<Object>> following =
                head ? Optional.of(Multi.createFrom().empty()) : events.read(OpsAccess.address(http), writer::giveWay);
        if (following.isEmpty()) {
            refuse(
                    http,
                    503,
                    "server_error",
                    "overloaded",
                    "The stream of events is off (quern.ops.max-event-streams=0).");
            return;
        }
        response.putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                .putHeader("x-accel-buffering", "no");
        if (head) {
            response.end();
        } else {
            response.setChunked(true);
            writer.write(EventWriter.text(following.get(), views::page, all, config.streamKeepAlive()));
        }
    }

    private static void json(RoutingContext http, String body) {
        http.response().putHeader(HttpHeaders.CONTENT_TYPE, JSON).end(body);
    }

    static void refuse(RoutingContext http, int status, String type, String code, String message) {
        http.response().setStatusCode(status);
        json(http, OpsJson.error(message, type, code));
    }
}
