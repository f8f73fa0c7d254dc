package io.quern.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;

/** Builds the chunks of one choice of a stream. What is the same in all of them is made once. */
final class ChoiceChunks {
    private final Shape shape;
    private final byte[] beforeDelta;
    private final byte[] beforeContent;
    private final byte[] afterContent;
    private final String end;

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
        afterContent = (shape.afterDelta + closing("null")).getBytes(UTF_8);
    }

    /** Appends what goes out before any token: in a chat, the role of the speaker. */
    Buffer appendOpening(Buffer out) {
        return switch (shape) {
            case CHAT ->
                out.appendBytes(beforeDelta)
                        .appendString("\"delta\":{\"role\":\"assistant\",\"content\":\"\"}")
                        .appendString(closing("null"));
            case COMPLETION -> out;
        };
    }

    Buffer append(Buffer out, Part part) {
        return switch (part) {
            case Part.Content content ->
                JsonText.appendEscaped(out.appendBytes(beforeContent), content.text())
                        .appendBytes(afterContent);
            case Part.Reasoning reasoning ->
                JsonText.appendQuoted(delta(out).appendString("\"reasoning_content\":"), reasoning.text())
                        .appendString("}" + closing("null"));
            case Part.ToolCallStart call -> {
                JsonText.appendQuoted(call(out, call.index()).appendString(",\"id\":"), call.id());
                JsonText.appendQuoted(out.appendString(",\"type\":\"function\",\"function\":{\"name\":"), call.name());
                yield out.appendString(",\"arguments\":\"\"}}]}" + closing("null"));
            }
            case Part.ToolCallArguments arguments ->
                JsonText.appendQuoted(
                                call(out, arguments.index()).appendString(",\"function\":{\"arguments\":"),
                                arguments.text())
                        .appendString("}}]}" + closing("null"));
        };
    }

    Buffer appendFinish(Buffer out, ChoiceFinish finish) {
        return out.appendBytes(beforeDelta)
                .appendString(shape.noDelta)
                .appendString(closing('"' + finish.json() + '"'));
    }

    private Buffer call(Buffer out, int index) {
        return delta(out).appendString("\"tool_calls\":[{\"index\":" + index);
    }

    private Buffer delta(Buffer out) {
        return out.appendBytes(beforeDelta).appendString("\"delta\":{");
    }

    private String closing(String finishReason) {
        return ",\"logprobs\":null,\"finish_reason\":" + finishReason + end;
    }
}
