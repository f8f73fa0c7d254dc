package io.quern.openai;

import io.quarkus.resteasy.reactive.server.EndpointDisabled;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** Serves the tokens of texts and the text of tokens, as vLLM does. The application serves both at its root, too. */
@EndpointDisabled(name = OpenAiConfig.ENABLED, stringValue = "false")
@Path(ApiPaths.ROOT)
public class VocabularyResource {
    private static final String JSON = "application/json";

    private final OpenAi openAi;

    @Inject
    VocabularyResource(OpenAi openAi) {
        this.openAi = openAi;
    }

    @POST
    @Path(ApiPaths.TOKENIZE)
    @Operation(
            operationId = "tokenize",
            summary = "Returns the tokens of a text or of a conversation; also at /tokenize")
    @Parameter(ref = "RequestTimeout")
    @Parameter(ref = "RequestId")
    @RequestBody(required = true, content = @Content(mediaType = JSON, schema = @Schema(ref = "TokenizeRequest")))
    @APIResponse(
            responseCode = "200",
            description = "The tokens",
            content = @Content(mediaType = JSON, schema = @Schema(ref = "TokenizedText")))
    @APIResponse(
            responseCode = "default",
            description = "The request was refused or failed; error.code says why.",
            content = @Content(mediaType = JSON, schema = @Schema(ref = "Error")))
    public Uni<Void> tokenize(@Context RoutingContext http) {
        return openAi.tokenize(http);
    }

    @POST
    @Path(ApiPaths.DETOKENIZE)
    @Operation(operationId = "detokenize", summary = "Returns the text of tokens; also at /detokenize")
    @Parameter(ref = "RequestTimeout")
    @Parameter(ref = "RequestId")
    @RequestBody(required = true, content = @Content(mediaType = JSON, schema = @Schema(ref = "DetokenizeRequest")))
    @APIResponse(
            responseCode = "200",
            description = "The text",
            content = @Content(mediaType = JSON, schema = @Schema(ref = "DetokenizedText")))
    @APIResponse(
            responseCode = "default",
            description = "The request was refused or failed; error.code says why.",
            content = @Content(mediaType = JSON, schema = @Schema(ref = "Error")))
    public Uni<Void> detokenize(@Context RoutingContext http) {
        return openAi.detokenize(http);
    }
}
