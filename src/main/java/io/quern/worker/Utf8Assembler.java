package io.quern.worker;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Makes whole characters out of bytes that come in any pieces; what can never become one is U+FFFD. Pure. */
final class Utf8Assembler {
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    /** The beginning of a character: at most three bytes. */
    private byte[] incomplete = {};

    /** The characters that are complete with these bytes. */
    String add(byte[] bytes) {
        return decode(bytes, false);
    }

    /** What is left when no more bytes come. */
    String finish() {
        return decode(new byte[0], true);
    }

    private String decode(byte[] bytes, boolean end) {
        ByteBuffer in = ByteBuffer.allocate(incomplete.length + bytes.length);
        in.put(incomplete).put(bytes).flip();
        CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
        // each call starts afresh, at a character's first byte: the decoder itself carries nothing over
        decoder.reset();
        decoder.decode(in, out, end);
        incomplete = new byte[in.remaining()];
        in.get(incomplete);
        return out.flip().toString();
    }
}
