package io.quern.openai;

import io.quarkus.resteasy.reactive.server.EndpointDisabled;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** Returns the version of Quern, as vLLM returns its own. The application serves it at its root, too. */
@EndpointDisabled(name = OpenAiConfig.ENABLED, stringValue = "false")
@Path(ApiPaths.ROOT + ApiPaths.VERSION)
public class VersionResource {
    private final OpenAi openAi;

    @Inject
    VersionResource(OpenAi openAi) {
        this.openAi = openAi;
    }

    @GET
    @Operation(operationId = "version", summary = "Returns the version of the engine; also at /version")
    @APIResponse(
            responseCode = "200",
            description = "The version of Quern",
            content = @Content(mediaType = "application/json", schema = @Schema(ref = "Version")))
    @APIResponse(
            responseCode = "default",
            description = "The request was refused; error.code says why.",
            content = @Content(mediaType = "application/json", schema = @Schema(ref = "Error")))
    public Uni<Void> version(@Context RoutingContext http) {
        return openAi.version(http);
    }
}
