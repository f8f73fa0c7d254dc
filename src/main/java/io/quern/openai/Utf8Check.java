package io.quern.openai;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * Refuses bodies that are not UTF-8. Jackson does not check this: it guesses UTF-16 and UTF-32 from the first bytes,
 * and decodes overlong sequences and code points beyond Unicode without an error. A UTF-8 byte order mark is allowed,
 * because Jackson skips it.
 */
final class Utf8Check {
    private static final int BLOCK = 8192;

    /** The number of bytes that Jackson looks at. JSON has no NUL byte, but UTF-16 and UTF-32 have one among them. */
    private static final int GUESSED_FROM = 4;

    private Utf8Check() {}

    /**
     * Checks a body.
     *
     * @throws ApiException (400) that names the position of the first wrong byte
     */
    static void check(byte[] body) {
        for (int i = 0; i < Math.min(GUESSED_FROM, body.length); i++) {
            if (body[i] == 0) {
                throw refusal("it has a NUL byte at position " + i + ", like UTF-16 and UTF-32");
            }
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder(); // malformed input is an error by default
        ByteBuffer in = ByteBuffer.wrap(body);
        CharBuffer out = CharBuffer.allocate(BLOCK);
        CoderResult result = decoder.decode(in, out, true);
        while (result.isOverflow()) {
            out.clear();
            result = decoder.decode(in, out, true);
        }
        if (result.isError()) {
            throw refusal("the byte 0x%02x at position %d does not start a character"
                    .formatted(body[in.position()] & 0xff, in.position()));
        }
    }

    private static ApiException refusal(String why) {
        return ApiException.invalid(null, "The body is not UTF-8: " + why);
    }
}
