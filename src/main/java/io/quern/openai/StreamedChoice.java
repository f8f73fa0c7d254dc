package io.quern.openai;

import io.quern.generation.GenerationEvent;
import io.quern.generation.Prompt;
import io.quern.generation.TokenLogprob;
import io.quern.generation.Usage;
import io.quern.openai.Choice.ChoiceEnd;
import io.quern.openai.ReplyForm.Shown;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes the chunks of one choice from its events. Not thread-safe. */
final class StreamedChoice {
    private final ChoiceChunks chunks;
    private final ChoiceParser parser;
    private final Shown shown;
    private final Consumer<Part> parts = this::append;
    private final Prompt prompt;

    /** The prompt until it is sent, or null. */
    private @Nullable Echo echo;

    /** Log probabilities of tokens that are not sent yet; they go out with the next chunk. */
    private final List<TokenLogprob> pending = new ArrayList<>();

    private int generated;
    private Buffer out = Buffer.buffer();

    StreamedChoice(Asked asked, int index, ChunkTemplate template, int promptTokens) {
        chunks = template.choice(index, asked.reply().usageInChunks() ? () -> soFar(promptTokens) : null);
        parser = asked.parsers().get();
        shown = asked.reply().shown();
        prompt = asked.generations().get(index).prompt();
        echo = shown.echo() ? new Echo(asked.generations().get(index)) : null;
    }

    private Usage soFar(int promptTokens) {
        return new Usage(promptTokens, generated).withReasoning(parser.reasoningTokens());
    }

    /** Returns what the generation took, with the tokens of its reasoning. */
    Usage spent(Usage usage) {
        return usage.withReasoning(parser.reasoningTokens());
    }

    /** Returns what goes out after its opening and before any token. */
    Buffer begin() {
        if (prompt instanceof Prompt.Text && !shown.logprobs()) {
            appendEcho();
        }
        return out;
    }

    /** Begins the next write. */
    void next(int events) {
        out = Buffer.buffer(256 * events);
    }

    /** Returns what was made since the last write began. */
    Buffer written() {
        return out;
    }

    void add(GenerationEvent.PromptLogprobs reported) {
        if (echo != null) {
            echo.add(reported.logprobs());
        }
    }

    void add(GenerationEvent.Token token) {
        appendEcho();
        if (!shown.answer()) {
            return;
        }
        generated += token.count();
        if (shown.logprobs()) {
            pending.addAll(token.logprobs());
        }
        parser.add(token, parts);
    }

    void end(GenerationEvent.Finished finished) {
        appendEcho();
        ChoiceEnd end = shown.answer()
                ? new ChoiceEnd(parser.end(finished.reason(), parts), finished.stop())
                : new ChoiceEnd(ChoiceFinish.LENGTH, null);
        chunks.appendFinish(out, end, pending);
    }

    private void append(Part part) {
        if (pending.isEmpty()) {
            chunks.append(out, part);
        } else {
            chunks.append(out, part, pending);
            pending.clear();
        }
    }

    /** Sends the prompt, as soon as it is complete. */
    private void appendEcho() {
        if (echo != null) {
            if (shown.logprobs()) {
                pending.addAll(echo.logprobs());
            }
            append(new Part.Content(echo.text()));
            echo = null;
        }
    }
}
