package io.quern.openai;

import io.quarkus.resteasy.reactive.server.EndpointDisabled;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** Lists and describes the models that the engine serves. */
@EndpointDisabled(name = OpenAiConfig.ENABLED, stringValue = "false")
@Path(ApiPaths.MODELS)
public class ModelsResource {
    private final OpenAi openAi;

    @Inject
    ModelsResource(OpenAi openAi) {
        this.openAi = openAi;
    }

    @GET
    @Operation(operationId = "listModels", summary = "Lists the served models")
    @APIResponse(
            responseCode = "200",
            description = "A list of the models that the engine serves",
            content = @Content(mediaType = "application/json", schema = @Schema(ref = "ModelList")))
    public Uni<Void> list(@Context RoutingContext http) {
        return openAi.models(http);
    }

    /**
     * Describes a model.
     *
     * @param id may contain slashes, as names on model hubs do
     */
    @GET
    @Path("/{id: .+}")
    @Operation(operationId = "retrieveModel", summary = "Describes a served model")
    @APIResponse(
            responseCode = "200",
            description = "The model",
            content = @Content(mediaType = "application/json", schema = @Schema(ref = "Model")))
    @APIResponse(
            responseCode = "404",
            description = "The engine serves no such model",
            content = @Content(mediaType = "application/json", schema = @Schema(ref = "Error")))
    public Uni<Void> get(@Context RoutingContext http, @PathParam("id") String id) {
        return openAi.model(http, id);
    }
}
