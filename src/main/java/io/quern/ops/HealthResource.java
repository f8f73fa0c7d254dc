package io.quern.ops;

import io.quarkus.resteasy.reactive.server.EndpointDisabled;
import io.quern.pool.WorkerPool;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** Readiness in one line, where clients of other engines look for it. */
@EndpointDisabled(name = OpsConfig.ENABLED, stringValue = "false")
@Path("/health")
@Produces(MediaType.APPLICATION_JSON)
@NonBlocking
public class HealthResource {
    private final WorkerPool pool;

    @Inject
    HealthResource(WorkerPool pool) {
        this.pool = pool;
    }

    @GET
    @Operation(operationId = "health", summary = "200 when requests are taken, else 503 and why")
    public Response health() {
        ShortHealth health = ShortHealth.of(pool.view());
        Response.ResponseBuilder response = Response.status(health.status()).entity(health.body());
        if (health.retryAfterSeconds() > 0) {
            response.header(HttpHeaders.RETRY_AFTER, health.retryAfterSeconds());
        }
        return response.build();
    }
}
