package io.quern.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.quern.generation.TokenLogprob;
import io.quern.openai.Choice.ChoiceEnd;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/** Builds the chunks of one choice of a stream. What is the same in all of them is made once. */
final class ChoiceChunks {
    private final Shape shape;
    private final byte[] beforeDelta;
    private final byte[] beforeContent;
    private final byte[] afterContent;
    private final String closing;
    private final String end;
    private final LogprobsJson logprobs;

    /**
     * Creates the template.
     *
     * @param beforeDelta everything before the delta
     * @param end everything after the finish reason
     */
    ChoiceChunks(Shape shape, byte[] beforeDelta, String end) {
        this.shape = shape;
        this.beforeDelta = beforeDelta;
        this.end = end;
        beforeContent =
                Buffer.buffer(beforeDelta).appendString(shape.beforeDelta).getBytes();
        closing = ",\"logprobs\":null,\"finish_reason\":null" + end;
        afterContent = (shape.afterDelta + closing).getBytes(UTF_8);
        logprobs = new LogprobsJson(shape);
    }

    /** Appends what goes out before any token: in a chat, the role of the speaker. */
    Buffer appendOpening(Buffer out) {
        return switch (shape) {
            case CHAT ->
                out.appendBytes(beforeDelta)
                        .appendString("\"delta\":{\"role\":\"assistant\",\"content\":\"\"}")
                        .appendString(closing);
            case COMPLETION -> out;
        };
    }

    Buffer append(Buffer out, Part part) {
        return part instanceof Part.Content content
                ? JsonText.appendEscaped(out.appendBytes(beforeContent), content.text())
                        .appendBytes(afterContent)
                : appendDelta(out, part).appendString(closing);
    }

    /**
     * Appends a part with the log probabilities of its tokens.
     *
     * @param tokens not empty
     */
    Buffer append(Buffer out, Part part, List<TokenLogprob> tokens) {
        return logprobs.append(appendDelta(out, part).appendString(",\"logprobs\":"), tokens)
                .appendString(",\"finish_reason\":null")
                .appendString(end);
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
        return finish.append(out).appendString(end);
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
