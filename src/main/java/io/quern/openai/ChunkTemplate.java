package io.quern.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.quern.generation.Usage;
import io.vertx.core.buffer.Buffer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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

    private final Shape shape;
    private final boolean includeUsage;
    private final byte[] beforeChoice;

    /**
     * Creates the template.
     *
     * @param includeUsage whether the last chunk contains the usage; as in OpenAI's API, the others then have a null
     *     usage
     */
    ChunkTemplate(Completion completion, boolean includeUsage) {
        this.includeUsage = includeUsage;
        shape = completion.shape();
        beforeChoice = completion
                .appendHead(Buffer.buffer("data: "), shape.chunkObject)
                .appendString(",\"choices\":[")
                .getBytes();
    }

    /** Returns the template of one choice's chunks. */
    ChoiceChunks choice(int index) {
        return choice(index, null);
    }

    /**
     * Returns the template of one choice's chunks.
     *
     * @param running returns the usage so far, which each chunk contains; or null
     */
    ChoiceChunks choice(int index, @Nullable Supplier<Usage> running) {
        return new ChoiceChunks(
                shape,
                Buffer.buffer(beforeChoice)
                        .appendString("{\"index\":" + index + ',')
                        .getBytes(),
                "}]" + (includeUsage ? ",\"usage\":null" : "") + "}\n\n",
                running);
    }

    /** Appends everything after the last choice has ended. */
    Buffer appendEnd(Buffer out, Usage usage) {
        if (includeUsage) {
            Completion.appendUsage(out.appendBytes(beforeChoice).appendByte((byte) ']'), usage)
                    .appendByte((byte) '}')
                    .appendBytes(END_OF_EVENT);
        }
        return out.appendBytes(DONE);
    }

    static Buffer appendError(Buffer out, ApiError error) {
        return out.appendString("data: ").appendBuffer(error.json()).appendBytes(END_OF_EVENT);
    }
}
