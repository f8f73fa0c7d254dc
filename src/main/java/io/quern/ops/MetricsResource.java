package io.quern.ops;

import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.quarkus.resteasy.reactive.server.EndpointDisabled;
import io.smallrye.common.annotation.Blocking;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import org.eclipse.microprofile.openapi.annotations.Operation;

/**
 * The metrics where vLLM has them, and where routers made for it look. Always as plain text: these read nothing else, and do not
 * say so.
 */
@EndpointDisabled(name = OpsConfig.ENABLED, stringValue = "false")
@Path("/metrics")
@Blocking
public class MetricsResource {
    private final Instance<PrometheusMeterRegistry> registry;

    @Inject
    MetricsResource(Instance<PrometheusMeterRegistry> registry) {
        this.registry = registry;
    }

    @GET
    @Produces("text/plain; version=0.0.4; charset=utf-8")
    @Operation(operationId = "metrics", summary = "Prometheus' text format; the same as /q/metrics")
    public String metrics() {
        if (registry.isUnsatisfied()) {
            throw new NotFoundException(); // switched off by quarkus.micrometer.export.prometheus.enabled
        }
        return registry.get().scrape();
    }
}
