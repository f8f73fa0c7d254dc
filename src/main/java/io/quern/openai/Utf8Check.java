package io.quern.openai;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * Refuses bodies that are not UTF-8. Jackson does not check this: it guesses UTF-16 and UTF-32 from the first bytes, and decodes overlong
 * sequences and code points beyond Unicode without an error. It skips a byte order mark of UTF-8, which is allowed here.
 */
final class Utf8Check {
    private static final int BLOCK = 8192;

    /** As many bytes as Jackson looks at. JSON holds no NUL byte, UTF-16 and UTF-32 hold one here. */
    private static final int GUESSED_FROM = 4;

    private Utf8Check() {}

    /** @throws ApiException (400) that names the first byte at fault */
    static void check(byte[] body) {
        for (int i = 0; i < Math.min(GUESSED_FROM, body.length); i++) {
            if (body[i] == 0) {
                throw refusal("it has a NUL byte at position " + i + ", as UTF-16 and UTF-32 do");
            }
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder(); // reports what is malformed
        ByteBuffer in = ByteBuffer.wrap(body);
        CharBuffer out = CharBuffer.allocate(BLOCK);
        CoderResult result = decoder.decode(in, out, true);
        while (result.isOverflow()) {
            out.clear();
            result = decoder.decode(in, out, true);
        }
        if (result.isError()) {
            throw refusal("the byte 0x%02x at position %d begins no character"
                    .formatted(body[in.position()] & 0xff, in.position()));
        }
    }

    private static ApiException refusal(String why) {
        return ApiException.invalid(null, "the body is not UTF-8: " + why);
    }
}
