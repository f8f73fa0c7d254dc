package io.quern.openai;

import io.quern.generation.FinishReason;
import io.quern.generation.Usage;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.Locale;

/** The values that are the same in every JSON object of one answer. */
record Completion(Shape shape, String id, Instant created, String model) {

    static Completion begin(Shape shape, Instant now, String model) {
        return new Completion(shape, shape.idPrefix + RequestId.fresh(), now, model);
    }

    /** Returns the answer in one piece. */
    Buffer whole(String text, FinishReason reason, Usage usage) {
        Buffer out = Buffer.buffer(512 + text.length());
        appendHead(out, shape.wholeObject).appendString(",\"choices\":[{\"index\":0,");
        JsonText.appendEscaped(out.appendString(shape.beforeWhole), text).appendString(shape.afterWhole);
        out.appendString(",\"logprobs\":null,\"finish_reason\":\"" + name(reason) + "\"}]");
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
        return out.appendString(",\"usage\":{\"prompt_tokens\":" + usage.promptTokens() + ",\"completion_tokens\":"
                + usage.completionTokens() + ",\"total_tokens\":" + usage.totalTokens() + "}");
    }

    static String name(FinishReason reason) {
        return reason.name().toLowerCase(Locale.ROOT);
    }
}
