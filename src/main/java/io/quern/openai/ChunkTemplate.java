package io.quern.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.quern.generation.FinishReason;
import io.quern.generation.Usage;
import io.vertx.core.buffer.Buffer;

/**
 * Builds the server-sent events of one stream from bytes that are made once: only the delta changes from chunk to
 * chunk.
 *
 * <p>A stream ends with {@code [DONE]} if and only if it ended well. After an error event there is no {@code [DONE]}:
 * clients raise an error on {@code "error"}, and a client that does not know it must not take half an answer for a
 * whole one.
 */
final class ChunkTemplate {
    private static final byte[] DONE = "data: [DONE]\n\n".getBytes(UTF_8);
    private static final byte[] END_OF_EVENT = "\n\n".getBytes(UTF_8);

    private final Completion completion;
    private final boolean includeUsage;
    private final byte[] beforeDelta;
    private final byte[] afterDelta;

    /**
     * Creates the template.
     *
     * @param includeUsage whether the last chunk contains the usage; as in OpenAI's API, the others then have a null
     *     usage
     */
    ChunkTemplate(Completion completion, boolean includeUsage) {
        this.completion = completion;
        this.includeUsage = includeUsage;
        Shape shape = completion.shape();
        beforeDelta = beforeChoice()
                .appendString("{\"index\":0,")
                .appendString(shape.beforeDelta)
                .getBytes();
        afterDelta = (shape.afterDelta + closing("null")).getBytes(UTF_8);
    }

    /** Appends what goes out before any token: in a chat, the role of the speaker. */
    Buffer appendOpening(Buffer out) {
        return switch (completion.shape()) {
            case CHAT ->
                out.appendBuffer(beforeChoice())
                        .appendString("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}")
                        .appendString(closing("null"));
            case COMPLETION -> out;
        };
    }

    Buffer appendDelta(Buffer out, String text) {
        return JsonText.appendEscaped(out.appendBytes(beforeDelta), text).appendBytes(afterDelta);
    }

    /** Appends everything after the last delta. */
    Buffer appendEnd(Buffer out, FinishReason reason, Usage usage) {
        out.appendBuffer(beforeChoice())
                .appendString("{\"index\":0,")
                .appendString(completion.shape().noDelta)
                .appendString(closing('"' + Completion.name(reason) + '"'));
        if (includeUsage) {
            Completion.appendUsage(out.appendBuffer(beforeChoice()).appendByte((byte) ']'), usage)
                    .appendByte((byte) '}')
                    .appendBytes(END_OF_EVENT);
        }
        return out.appendBytes(DONE);
    }

    static Buffer appendError(Buffer out, ApiError error) {
        return out.appendString("data: ").appendBuffer(error.json()).appendBytes(END_OF_EVENT);
    }

    private Buffer beforeChoice() {
        Buffer out = Buffer.buffer("data: ");
        return completion.appendHead(out, completion.shape().chunkObject).appendString(",\"choices\":[");
    }

    private String closing(String finishReason) {
        return ",\"logprobs\":null,\"finish_reason\":" + finishReason + "}]" + (includeUsage ? ",\"usage\":null" : "")
                + "}\n\n";
    }
}
