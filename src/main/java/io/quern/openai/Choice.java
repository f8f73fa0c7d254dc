package io.quern.openai;

import io.quern.generation.StopReason;
import io.quern.generation.TokenLogprob;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A complete choice.
 *
 * @param content text of the answer
 * @param reasoning what the model thought before; empty: nothing
 * @param logprobs of all tokens, or null if the client does not want them
 * @param promptLogprobs of all tokens of the prompt, or null if the client does not want them
 */
record Choice(
        int index,
        String content,
        String reasoning,
        List<ToolCall> toolCalls,
        ChoiceEnd end,
        @Nullable List<TokenLogprob> logprobs,
        @Nullable List<TokenLogprob> promptLogprobs) {

    /** Creates a choice without log probabilities. */
    Choice(int index, String content, String reasoning, List<ToolCall> toolCalls, ChoiceFinish finish) {
        this(index, content, reasoning, toolCalls, new ChoiceEnd(finish, null), null, null);
    }

    /** Says why a choice ended, and by what if the client asked for it. */
    record ChoiceEnd(ChoiceFinish finish, @Nullable StopReason stop) {
        /** Appends the fields, and nothing about what ended the choice if it was the model or a limit. */
        Buffer append(Buffer out) {
            out.appendString(",\"finish_reason\":\"" + finish.json() + '"');
            return switch (stop) {
                case null -> out;
                case StopReason.Text text ->
                    JsonText.appendQuoted(out.appendString(",\"stop_reason\":"), text.string());
                case StopReason.Token token -> out.appendString(",\"stop_reason\":" + token.token());
            };
        }
    }

    Choice at(int other) {
        return new Choice(other, content, reasoning, toolCalls, end, logprobs, promptLogprobs);
    }

    Choice withPromptLogprobs(@Nullable List<TokenLogprob> others) {
        return new Choice(index, content, reasoning, toolCalls, end, logprobs, others);
    }

    /** Appends the choice as an element of a whole answer. */
    Buffer append(Buffer out, Shape shape) {
        out.appendString("{\"index\":" + index + ',');
        switch (shape) {
            case CHAT -> appendMessage(out);
            case COMPLETION -> JsonText.appendQuoted(out.appendString("\"text\":"), content);
        }
        out.appendString(",\"logprobs\":");
        if (logprobs == null) {
            out.appendString("null");
        } else {
            new LogprobsJson(shape).append(out, logprobs);
        }
        end.append(out);
        if (shape == Shape.COMPLETION && promptLogprobs != null) {
            PromptLogprobsJson.append(out, promptLogprobs);
        }
        return out.appendByte((byte) '}');
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
