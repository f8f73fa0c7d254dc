package io.quern.openai;

import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.TokenLogprob;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The prompt of a choice, for a client that wants to see it. Not thread-safe. */
final class Echo {
    private final Prompt prompt;
    private final int top;
    private final List<TokenLogprob> reported = new ArrayList<>();

    Echo(GenerationRequest request) {
        prompt = request.prompt();
        // the worker may report more, for prompt_logprobs
        top = request.reports().logprobs().orElse(0);
    }

    /** Adds tokens of the prompt. They come before the first token of the answer. */
    void add(List<TokenLogprob> tokens) {
        tokens.forEach(token -> reported.add(token.withTop(top)));
    }

    String text() {
        return switch (prompt) {
            case Prompt.Text text -> text.text();
            case Prompt.Tokens tokens -> {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                reported.forEach(token -> bytes.writeBytes(token.bytes()));
                yield bytes.toString(StandardCharsets.UTF_8);
            }
        };
    }

    List<TokenLogprob> logprobs() {
        return reported;
    }
}
