package io.quern.ops;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import io.quarkus.micrometer.runtime.HttpServerMetricsTagsContributor;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Set;

/**
 * Keeps clients from choosing the values of labels. Quarkus labels its HTTP metrics with the method and, if no resource
 * matched, with the path, both as the client sent them. Each invented value would be a new series for as long as the
 * engine runs.
 */
@Singleton
class ClosedLabels implements HttpServerMetricsTagsContributor {
    /** The methods of RFC 9110 and RFC 5789. */
    private static final Set<String> METHODS =
            Set.of("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE");

    private static final String HTTP = "http.server.";

    private static final String METHOD = "method";

    private static final String URI = "uri";

    /** Quarkus' own value for a method that it does not know. */
    private static final String UNKNOWN = "UNKNOWN";

    /** The key under which quarkus-rest stores the path template of the resource that matched. */
    private static final String TEMPLATE = "UrlPathTemplate";

    private static final int REDIRECTIONS = 300;
    private static final int CLIENT_ERRORS = 400;
    private static final int NOT_FOUND = 404;

    /** Requests below this path are answered whatever follows it. */
    private static final String HEALTH_GROUP = "/health/group/";

    private final OpsPaths paths;

    @Inject
    ClosedLabels(OpsPaths paths) {
        this.paths = paths;
    }

    /**
     * Limits the methods in all of Quarkus' HTTP meters, including requests that were broken off: contributors are not
     * called for those.
     */
    @Produces
    @Singleton
    static MeterFilter methods() {
        return new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                if (!id.getName().startsWith(HTTP)) {
                    return id;
                }
                String method = id.getTag(METHOD);
                return method == null || METHODS.contains(method) ? id : id.withTag(Tag.of(METHOD, "OTHER"));
            }
        };
    }

    @Override
    public Tags contribute(Context context) {
        String path = context.request().path();
        int status = context.response().statusCode();
        if (context.requestContextLocalData(TEMPLATE) != null || path == null) {
            return Tags.empty();
        }
        if (status == NOT_FOUND) {
            return Tags.of(URI, "NOT_FOUND");
        }
        if (status >= CLIENT_ERRORS && !paths.isOne(path) || path.contains(HEALTH_GROUP)) {
            return Tags.of(URI, UNKNOWN);
        }
        return status >= REDIRECTIONS && status < CLIENT_ERRORS ? Tags.of(URI, "REDIRECTION") : Tags.empty();
    }
}
