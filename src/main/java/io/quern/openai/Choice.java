package io.quern.openai;

import io.vertx.core.buffer.Buffer;
import java.util.List;

/**
 * A complete choice.
 *
 * @param content text of the answer
 * @param reasoning what the model thought before; empty: nothing
 */
record Choice(int index, String content, String reasoning, List<ToolCall> toolCalls, ChoiceFinish finish) {

    /** Appends the choice as an element of a whole answer. */
    Buffer append(Buffer out, Shape shape) {
        out.appendString("{\"index\":" + index + ',');
        switch (shape) {
            case CHAT -> appendMessage(out);
            case COMPLETION -> JsonText.appendQuoted(out.appendString("\"text\":"), content);
        }
        return out.appendString(",\"logprobs\":null,\"finish_reason\":\"" + finish.json() + "\"}");
    }

    private void appendMessage(Buffer out) {
        // as in OpenAI's API, a message that only calls tools has no content
        boolean onlyCalls = content.isEmpty() && !toolCalls.isEmpty();
        JsonText.appendQuoted(
                out.appendString("\"message\":{\"role\":\"assistant\",\"content\":"), onlyCalls ? null : content);
        out.appendString(",\"refusal\":null");
        if (!reasoning.isEmpty()) {
            JsonText.appendQuoted(out.appendString(",\"reasoning_content\":"), reasoning);
        }
        if (!toolCalls.isEmpty()) {
            out.appendString(",\"tool_calls\":");
            char separator = '[';
            for (ToolCall call : toolCalls) {
                appendCall(out.appendByte((byte) separator), call);
                separator = ',';
            }
            out.appendByte((byte) ']');
        }
        out.appendByte((byte) '}');
    }

    private static void appendCall(Buffer out, ToolCall call) {
        JsonText.appendQuoted(out.appendString("{\"id\":"), call.id());
        JsonText.appendQuoted(out.appendString(",\"type\":\"function\",\"function\":{\"name\":"), call.name());
        JsonText.appendQuoted(out.appendString(",\"arguments\":"), call.arguments())
                .appendString("}}");
    }
}
