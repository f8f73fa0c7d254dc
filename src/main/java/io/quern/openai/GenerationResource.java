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

/**
 * Serves chats and completions. The answer is written to Vert.x' response, because a returned Multi would send its 200
 * too early.
 */
@EndpointDisabled(name = OpenAiConfig.ENABLED, stringValue = "false")
@Path(ApiPaths.ROOT)
public class GenerationResource {
    private static final String JSON = "application/json";
    private static final String EVENTS = "text/event-stream";

    private final OpenAi openAi;

    @Inject
    GenerationResource(OpenAi openAi) {
        this.openAi = openAi;
    }

    @POST
    @Path(ApiPaths.CHATS)
    @Operation(operationId = "createChatCompletion", summary = "Answers a conversation")
    @Parameter(ref = "RequestTimeout")
    @Parameter(ref = "QueuePosition")
    @Parameter(ref = "RequestId")
    @RequestBody(required = true, content = @Content(mediaType = JSON, schema = @Schema(ref = "ChatCompletionRequest")))
    @APIResponse(
            responseCode = "200",
            description = "The answer. If stream is true: server-sent events that end with [DONE].",
            content = {
                @Content(mediaType = JSON, schema = @Schema(ref = "ChatCompletion")),
                @Content(mediaType = EVENTS, schema = @Schema(ref = "ChatCompletionChunk"))
            })
    @APIResponse(
            responseCode = "default",
            description = "The request was refused or failed; error.code says why.",
            content = @Content(mediaType = JSON, schema = @Schema(ref = "Error")))
    public Uni<Void> chat(@Context RoutingContext http) {
        return openAi.chat(http);
    }

    @POST
    @Path(ApiPaths.COMPLETIONS)
    @Operation(operationId = "createCompletion", summary = "Continues a text")
    @Parameter(ref = "RequestTimeout")
    @Parameter(ref = "QueuePosition")
    @Parameter(ref = "RequestId")
    @RequestBody(required = true, content = @Content(mediaType = JSON, schema = @Schema(ref = "CompletionRequest")))
    @APIResponse(
            responseCode = "200",
            description = "The text. If stream is true: server-sent events that end with [DONE].",
            content = {@Content(mediaType = JSON, schema = @Schema(ref = "Completion")), @Content(mediaType = EVENTS)})
    @APIResponse(
            responseCode = "default",
            description = "The request was refused or failed; error.code says why.",
            content = @Content(mediaType = JSON, schema = @Schema(ref = "Error")))
    public Uni<Void> completion(@Context RoutingContext http) {
        return openAi.completion(http);
    }
}
