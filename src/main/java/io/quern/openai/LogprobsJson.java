package io.quern.openai;

import io.quern.generation.TokenLogprob;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BiConsumer;

/** Writes the log probabilities of one choice's tokens, in one piece or in several. Not thread-safe. */
final class LogprobsJson {
    /** What OpenAI's API sends for a probability of 0, because JSON has no infinity. */
    private static final String IMPOSSIBLE = "-9999.0";

    private final Shape shape;

    /** The number of characters that have begun, as Python counts them. */
    private int offset;

    LogprobsJson(Shape shape) {
        this.shape = shape;
    }

    /** Appends the value of {@code logprobs}. */
    Buffer append(Buffer out, List<TokenLogprob> tokens) {
        return switch (shape) {
            case CHAT ->
                list(out.appendString("{\"content\":"), tokens, LogprobsJson::content)
                        .appendString(",\"refusal\":null}");
            case COMPLETION -> completion(out, tokens);
        };
    }

    private static void content(Buffer out, TokenLogprob token) {
        single(out, token);
        list(out.appendString(",\"top_logprobs\":"), token.top(), (to, one) -> single(to, one)
                        .appendByte((byte) '}'))
                .appendByte((byte) '}');
    }

    /** Appends the object of a token without its end. */
    private static Buffer single(Buffer out, TokenLogprob token) {
        JsonText.appendQuoted(out.appendString("{\"token\":"), token.text());
        out.appendString(",\"logprob\":" + number(token) + ",\"bytes\":[");
        String separator = "";
        for (byte one : token.bytes()) {
            out.appendString(separator + (one & 0xff));
            separator = ",";
        }
        return out.appendByte((byte) ']');
    }

    private Buffer completion(Buffer out, List<TokenLogprob> tokens) {
        list(
                out.appendString("{\"text_offset\":"),
                tokens,
                (to, token) -> to.appendString(Integer.toString(begin(token.bytes()))));
        list(out.appendString(",\"token_logprobs\":"), tokens, (to, token) -> to.appendString(number(token)));
        list(out.appendString(",\"tokens\":"), tokens, (to, token) -> JsonText.appendQuoted(to, name(token)));
        list(out.appendString(",\"top_logprobs\":"), tokens, LogprobsJson::top);
        return out.appendByte((byte) '}');
    }

    /** Returns the offset of a token's first character. A token may begin inside a character. */
    private int begin(byte[] bytes) {
        boolean inside = bytes.length > 0 && isContinuation(bytes[0]);
        int begin = inside ? Math.max(0, offset - 1) : offset;
        for (byte one : bytes) {
            offset += isContinuation(one) ? 0 : 1;
        }
        return begin;
    }

    private static boolean isContinuation(byte one) {
        return (one & 0xc0) == 0x80;
    }

    /** As in vLLM, the chosen token is always there, even if it is not one of the most likely. */
    private static void top(Buffer out, TokenLogprob token) {
        if (!token.hasLogprob()) {
            out.appendString("null");
            return;
        }
        char separator = '{';
        boolean chosen = false;
        for (TokenLogprob one : token.top()) {
            pair(out.appendByte((byte) separator), one);
            separator = ',';
            chosen |= one.token() == token.token();
        }
        if (!chosen) {
            pair(out.appendByte((byte) separator), token);
        }
        out.appendByte((byte) '}');
    }

    private static void pair(Buffer out, TokenLogprob token) {
        JsonText.appendQuoted(out, name(token)).appendString(":" + number(token));
    }

    /** Returns the text, or, as in OpenAI's API, the bytes of a token that is only a part of a character. */
    private static String name(TokenLogprob token) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(token.bytes()))
                    .toString();
        } catch (CharacterCodingException e) {
            StringBuilder name = new StringBuilder("bytes:");
            for (byte one : token.bytes()) {
                name.append("\\x%02x".formatted(one & 0xff));
            }
            return name.toString();
        }
    }

    /** Returns the log probability, or null for the first token of a prompt. */
    static String number(TokenLogprob token) {
        if (!token.hasLogprob()) {
            return "null";
        }
        return Float.isFinite(token.logprob()) ? Float.toString(token.logprob()) : IMPOSSIBLE;
    }

    private static Buffer list(Buffer out, List<TokenLogprob> tokens, BiConsumer<Buffer, TokenLogprob> element) {
        out.appendByte((byte) '[');
        for (int i = 0; i < tokens.size(); i++) {
            element.accept(i == 0 ? out : out.appendByte((byte) ','), tokens.get(i));
        }
        return out.appendByte((byte) ']');
    }
}
