package io.quern.ops;

import io.quarkus.resteasy.reactive.server.runtime.ResteasyReactiveRecorder;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;
import org.jboss.resteasy.reactive.server.core.Deployment;
import org.jspecify.annotations.Nullable;

/**
 * Knows the paths of the ops endpoints: on the management interface if the application was built with one, otherwise on
 * the main port.
 */
@Singleton
final class OpsPaths {
    private static final Set<String> TOP = Set.of("/health", "/metrics");
    private static final Set<String> BELOW_Q = Set.of(
            "/health",
            "/health/live",
            "/health/ready",
            "/health/started",
            "/metrics",
            "/quern/pool",
            "/quern/pool/events",
            "/quern/decision");

    private final boolean management;
    private final String managementRoot;
    private final String httpRoot;

    /** Computed on first use, because the root of the resources is known late. */
    private volatile @Nullable Set<String> all;

    @Inject
    OpsPaths(Config config) {
        // fixed at build time, and available here under the same name
        management = config.getOptionalValue("quarkus.management.enabled", Boolean.class)
                .orElse(false);
        managementRoot = path(config.getOptionalValue("quarkus.management.root-path", String.class)
                .orElse("/q"));
        httpRoot = path(
                config.getOptionalValue("quarkus.http.root-path", String.class).orElse("/"));
    }

    /** Returns whether there is a management interface. */
    boolean management() {
        return management;
    }

    /** Returns the part before {@code /quern/pool} on the management interface. */
    String managementRoot() {
        return managementRoot;
    }

    /**
     * Returns the part before {@code /health} in a route of the main port. It is the path of the REST resources, so
     * that the ops endpoints move with them.
     */
    String mainRoot() {
        Deployment deployment = ResteasyReactiveRecorder.getCurrentDeployment();
        String resources = deployment == null ? "" : path(deployment.getPrefix());
        // routes are already below the application's root
        return resources.startsWith(httpRoot) ? resources.substring(httpRoot.length()) : resources;
    }

    /** Returns whether operators read exactly this path, be it Quern's or Quarkus', on either port. */
    boolean isOne(String path) {
        Set<String> known = all;
        if (known == null) {
            String main = httpRoot + mainRoot();
            known = Stream.concat(
                            Stream.of("", main).flatMap(root -> TOP.stream().map(root::concat)),
                            Stream.of(managementRoot, httpRoot + "/q", main + "/q")
                                    .flatMap(root -> BELOW_Q.stream().map(root::concat)))
                    .collect(Collectors.toUnmodifiableSet());
            all = known;
        }
        return known.contains(path);
    }

    /** Returns the path with a slash at its start and none at its end, or "" for the root. */
    private static String path(String configured) {
        String inner = configured.replaceAll("^/+|/+$", "");
        return inner.isEmpty() ? "" : "/" + inner;
    }
}
