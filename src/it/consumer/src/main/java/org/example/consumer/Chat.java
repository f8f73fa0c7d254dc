package org.example.consumer;

import io.quern.embed.QuernEngine;
import io.quern.embed.QuernModel;
import io.quern.generation.GenerationException;
import io.quern.generation.GenerationRequest;
import io.quern.generation.SamplingOptions;
import io.quern.model.ChatMessage;
import io.smallrye.mutiny.Multi;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.UUID;
import org.jboss.resteasy.reactive.RestStreamElementType;

/**
 * Streams the next message of a conversation. docs/howto/embed-in-quarkus.md shows this class; a test compares the two.
 */
@Path("/chat")
public class Chat {
    /** What the client sends. */
    public record Turn(String model, List<ChatMessage> messages) {}

    @Inject
    QuernEngine engine;

    @POST
    @RestStreamElementType(MediaType.APPLICATION_JSON)
    public Multi<AnswerStream.Piece> chat(Turn turn) {
        QuernModel model = engine.model(turn.model());
        SamplingOptions sampling = new SamplingOptions(0.7, 0.9, 40, 0, 0, 0, 1, 4711);
        return model.prompt(turn.messages())
                .onItem()
                .transformToMulti(prompt -> model.generate(new GenerationRequest(
                        UUID.randomUUID().toString(), prompt, sampling, 200, List.of("\n\n\n"), false)))
                .map(AnswerStream::piece)
                .onFailure(GenerationException.class)
                .recoverWithItem(failure -> new AnswerStream.Piece("", "error", failure.getMessage()));
    }
}
