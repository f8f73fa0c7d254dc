package org.example.consumer;

import io.quern.embed.QuernEngine;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationException;
import io.quern.generation.SamplingOptions;
import io.quern.model.ChatMessage;
import io.smallrye.mutiny.Multi;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Locale;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.RestStreamElementType;

/**
 * Streams an answer as server-sent events. docs/howto/embed-in-quarkus.md shows this class, and a test compares the
 * two.
 */
@Path("/answer")
public class AnswerStream {
    /** One event. The last one has an end, and an error if the answer broke off. */
    public record Piece(String text, String end, String error) {}

    @Inject
    QuernEngine engine;

    @GET
    @RestStreamElementType(MediaType.APPLICATION_JSON)
    public Multi<Piece> answer(@RestQuery String question) {
        return engine.chat(List.of(new ChatMessage("user", question)), SamplingOptions.greedy(), 0)
                .map(AnswerStream::piece)
                .onFailure(GenerationException.class)
                .recoverWithItem(failure -> new Piece("", "error", failure.getMessage()));
    }

    static Piece piece(GenerationEvent event) {
        return switch (event) {
            case GenerationEvent.PromptLogprobs prompt -> new Piece("", null, null);
            case GenerationEvent.Token token -> new Piece(token.text(), null, null);
            case GenerationEvent.Finished finished ->
                new Piece("", finished.reason().name().toLowerCase(Locale.ROOT), null);
            case GenerationEvent.Failed failed -> throw new GenerationException(failed.error());
        };
    }
}
