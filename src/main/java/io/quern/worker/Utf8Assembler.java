package io.quern.worker;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Assembles characters from pieces of bytes. Replaces invalid bytes by U+FFFD. Pure. */
final class Utf8Assembler {
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    /** The bytes of an incomplete character, at most three. */
    private byte[] incomplete = {};

    /** Adds bytes and returns the completed characters. */
    String add(byte[] bytes) {
        return decode(bytes, false);
    }

    /** Returns the rest. No bytes may follow. */
    String finish() {
        return decode(new byte[0], true);
    }

    private String decode(byte[] bytes, boolean end) {
        ByteBuffer in = ByteBuffer.allocate(incomplete.length + bytes.length);
        in.put(incomplete).put(bytes).flip();
        CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
        // each call starts at the first byte of a character, so the decoder keeps no state
        decoder.reset();
        decoder.decode(in, out, end);
        incomplete = new byte[in.remaining()];
        in.get(incomplete);
        return out.flip().toString();
    }
}
