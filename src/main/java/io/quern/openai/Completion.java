package io.quern.openai;

import io.quern.generation.TokenLogprob;
import io.quern.generation.Usage;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.List;

/** The values that are the same in every JSON object of one answer. */
record Completion(Shape shape, String id, Instant created, String model) {

    static Completion begin(Shape shape, Instant now, String model) {
        return new Completion(shape, shape.idPrefix + RequestId.fresh(), now, model);
    }

    /** Returns the answer in one piece. */
    Buffer whole(List<Choice> choices, Usage usage) {
        Buffer out = Buffer.buffer(512
                + choices.stream().mapToInt(choice -> choice.content().length()).sum());
        appendHead(out, shape.wholeObject).appendString(",\"choices\":[");
        for (int i = 0; i < choices.size(); i++) {
            choices.get(i).append(i == 0 ? out : out.appendByte((byte) ','), shape);
        }
        out.appendByte((byte) ']');
        List<TokenLogprob> ofPrompt = choices.getFirst().promptLogprobs();
        if (shape == Shape.CHAT && ofPrompt != null) {
            // as in vLLM, in chats it belongs to the answer and in completions to each choice
            PromptLogprobsJson.append(out, ofPrompt);
        }
        return appendUsage(out, usage).appendByte((byte) '}');
    }

    /** Appends everything before the choices, including the opening brace. */
    Buffer appendHead(Buffer out, String object) {
        JsonText.appendQuoted(out.appendString("{\"id\":"), id);
        JsonText.appendQuoted(out.appendString(",\"object\":"), object);
        out.appendString(",\"created\":" + created.getEpochSecond());
        return JsonText.appendQuoted(out.appendString(",\"model\":"), model);
    }

    static Buffer appendUsage(Buffer out, Usage usage) {
        out.appendString(",\"usage\":{\"prompt_tokens\":" + usage.promptTokens() + ",\"completion_tokens\":"
                + usage.completionTokens() + ",\"total_tokens\":" + usage.totalTokens());
        if (usage.cachedTokens() > 0) {
            out.appendString(",\"prompt_tokens_details\":{\"cached_tokens\":" + usage.cachedTokens() + '}');
        }
        if (usage.reasoningTokens() != null) {
            out.appendString(",\"completion_tokens_details\":{\"reasoning_tokens\":" + usage.reasoningTokens() + '}');
        }
        return out.appendByte((byte) '}');
    }
}
