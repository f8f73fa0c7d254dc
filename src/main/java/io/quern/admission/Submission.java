package io.quern.admission;

import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * A request and the terms on which it is submitted.
 *
 * @param client the client: clients take turns while requests wait, and by default do not share computed prompt
 *     prefixes ({@code quern.prefix.scope})
 * @param timeout the time from the submission to the end of the answer; the configured limit applies as well
 * @param position receives the request's position while it waits, counted from 1, on the request's event loop: first
 *     at once, then after changes, at most about twice a second. It is not called if the request need not wait
 * @param loading receives how far the loading of the model is, in a few words, while the request waits for that; on
 *     the request's event loop, at most about twice a second
 */
public record Submission(
        GenerationRequest request,
        String client,
        Optional<Duration> timeout,
        Optional<IntConsumer> position,
        Optional<Consumer<String>> loading) {
    /** All requests of an embedding application belong to one client, unless the application names others. */
    private static final String APPLICATION = "application";

    private static final int CHARACTERS_PER_TOKEN = 4;

    /** A submission without a listener to the loading of the model. */
    public Submission(
            GenerationRequest request, String client, Optional<Duration> timeout, Optional<IntConsumer> position) {
        this(request, client, timeout, position, Optional.empty());
    }

    public Submission {
        Objects.requireNonNull(request);
        Objects.requireNonNull(client);
        timeout.ifPresent(time -> {
            if (!time.isPositive()) {
                throw new IllegalArgumentException("The timeout must be positive, but is " + time);
            }
        });
    }

    /** Returns a submission of the embedding application, with only the configured timeout. */
    public static Submission of(GenerationRequest request) {
        return new Submission(request, APPLICATION, Optional.empty(), Optional.empty());
    }

    /** Estimates the cost, because the engine does not tokenise: the prompt, and the answer if it is bounded. */
    long estimatedTokens() {
        long prompt =
                switch (request.prompt()) {
                    case Prompt.Text text -> Math.ceilDiv(text.text().length(), CHARACTERS_PER_TOKEN);
                    case Prompt.Tokens tokens -> tokens.tokens().size();
                };
        return prompt + request.ending().maxTokens();
    }
}
