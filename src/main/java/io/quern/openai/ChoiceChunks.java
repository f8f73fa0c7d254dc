package io.quern.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.quern.generation.TokenLogprob;
import io.quern.generation.Usage;
import io.quern.openai.Choice.ChoiceEnd;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Builds the chunks of one choice of a stream. What is the same in all of them is made once. */
final class ChoiceChunks {
    private static final String UNFINISHED = ",\"logprobs\":null,\"finish_reason\":null";

    private final Shape shape;
    private final byte[] beforeDelta;
    private final byte[] beforeContent;
    private final byte[] afterContent;
    private final String end;
    private final @Nullable Supplier<Usage> running;
    private final LogprobsJson logprobs;

    /**
     * Creates the template.
     *
     * @param beforeDelta everything before the delta
     * @param end everything after the finish reason
     * @param running returns the usage so far, which each chunk contains instead of that end; or null
     */
    ChoiceChunks(Shape shape, byte[] beforeDelta, String end, @Nullable Supplier<Usage> running) {
        this.shape = shape;
        this.beforeDelta = beforeDelta;
        this.end = end;
        this.running = running;
        beforeContent =
                Buffer.buffer(beforeDelta).appendString(shape.beforeDelta).getBytes();
        afterContent = (shape.afterDelta + UNFINISHED + end).getBytes(UTF_8);
        logprobs = new LogprobsJson(shape);
    }

    /** Appends what goes out before any token: in a chat, the role of the speaker. */
    Buffer appendOpening(Buffer out) {
        return switch (shape) {
            case CHAT ->
                appendEnd(out.appendBytes(beforeDelta)
                        .appendString("\"delta\":{\"role\":\"assistant\",\"content\":\"\"}" + UNFINISHED));
            case COMPLETION -> out;
        };
    }

    Buffer append(Buffer out, Part part) {
        return part instanceof Part.Content content && running == null
                ? JsonText.appendEscaped(out.appendBytes(beforeContent), content.text())
                        .appendBytes(afterContent)
                : appendEnd(appendDelta(out, part).appendString(UNFINISHED));
    }

    /**
     * Appends a part with the log probabilities of its tokens.
     *
     * @param tokens not empty
     */
    Buffer append(Buffer out, Part part, List<TokenLogprob> tokens) {
        return appendEnd(logprobs.append(appendDelta(out, part).appendString(",\"logprobs\":"), tokens)
                .appendString(",\"finish_reason\":null"));
    }

    /**
     * Appends the end of the choice.
     *
     * @param tokens tokens without text that were not sent yet
     */
    Buffer appendFinish(Buffer out, ChoiceEnd finish, List<TokenLogprob> tokens) {
        out.appendBytes(beforeDelta).appendString(shape.noDelta).appendString(",\"logprobs\":");
        if (tokens.isEmpty()) {
            out.appendString("null");
        } else {
            logprobs.append(out, tokens);
        }
        return appendEnd(finish.append(out));
    }

    private Buffer appendEnd(Buffer out) {
        return running == null
                ? out.appendString(end)
                : Completion.appendUsage(out.appendString("}]"), running.get()).appendString("}\n\n");
    }

    private Buffer appendDelta(Buffer out, Part part) {
        return switch (part) {
            case Part.Content content ->
                JsonText.appendEscaped(out.appendBytes(beforeContent), content.text())
                        .appendString(shape.afterDelta);
            case Part.Reasoning reasoning ->
                JsonText.appendQuoted(delta(out).appendString("\"reasoning_content\":"), reasoning.text())
                        .appendString("}");
            case Part.ToolCallStart call -> {
                JsonText.appendQuoted(call(out, call.index()).appendString(",\"id\":"), call.id());
                JsonText.appendQuoted(out.appendString(",\"type\":\"function\",\"function\":{\"name\":"), call.name());
                yield out.appendString(",\"arguments\":\"\"}}]}");
            }
            case Part.ToolCallArguments arguments ->
                JsonText.appendQuoted(
                                call(out, arguments.index()).appendString(",\"function\":{\"arguments\":"),
                                arguments.text())
                        .appendString("}}]}");
        };
    }

    private Buffer call(Buffer out, int index) {
        return delta(out).appendString("\"tool_calls\":[{\"index\":" + index);
    }

    private Buffer delta(Buffer out) {
        return out.appendBytes(beforeDelta).appendString("\"delta\":{");
    }
}
