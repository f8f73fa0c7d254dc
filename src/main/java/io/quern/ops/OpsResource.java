package io.quern.ops;

import io.quarkus.resteasy.reactive.server.EndpointDisabled;
import io.quern.launch.Decision;
import io.quern.pool.PoolView;
import io.quern.pool.WorkerPool;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** What the engine is doing and why, for people and scripts. */
@EndpointDisabled(name = OpsConfig.ENABLED, stringValue = "false")
@Path("/q/quern")
@Produces(MediaType.APPLICATION_JSON)
@NonBlocking
public class OpsResource {
    private final WorkerPool pool;

    @Inject
    OpsResource(WorkerPool pool) {
        this.pool = pool;
    }

    @GET
    @Path("/pool")
    @Operation(operationId = "getPool", summary = "The workers, as they are at this moment")
    @APIResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = PoolView.class)))
    public String pool() {
        return OpsJson.write(pool.view());
    }

    @GET
    @Path("/decision")
    @Operation(operationId = "getDecision", summary = "How workers are started, and why so")
    @APIResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = Decision.class)))
    public String decision() {
        return OpsJson.write(pool.decision());
    }
}
