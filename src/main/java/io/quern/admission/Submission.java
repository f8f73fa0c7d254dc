package io.quern.admission;

import io.quern.generation.GenerationRequest;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * A request, and on what terms it comes.
 *
 * @param client who asks: while requests wait, clients take turns, and they do not share what was computed of their prompts ({@code
 *     quern.prefix.scope})
 * @param timeout from the submission to the answer's end; the configured one holds as well
 * @param position told on the request's event loop, while it waits: how many go before it, itself included; at first at once, then as
 *     it changes, about twice a second at most. Not told of one that need not wait
 */
public record Submission(
        GenerationRequest request, String client, Optional<Duration> timeout, Optional<IntConsumer> position) {
    /** All of an embedding application is one client, unless it says otherwise. */
    private static final String APPLICATION = "application";

    private static final int CHARACTERS_PER_TOKEN = 4;

    public Submission {
        Objects.requireNonNull(request);
        Objects.requireNonNull(client);
        timeout.ifPresent(time -> {
            if (!time.isPositive()) {
                throw new IllegalArgumentException("The timeout must be positive, but is " + time);
            }
        });
    }

    /** The embedding application's own, with no time-out but the configured one. */
    public static Submission of(GenerationRequest request) {
        return new Submission(request, APPLICATION, Optional.empty(), Optional.empty());
    }

    /** What it will cost, guessed, since the engine does not tokenise: the prompt, and the answer where that is bounded. */
    long estimatedTokens() {
        long prompt = request.prompt().text().length();
        return (prompt + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN + request.maxTokens();
    }
}
