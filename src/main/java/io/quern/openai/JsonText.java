package io.quern.openai;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes text as the inside of a JSON string, in UTF-8. Quern has its own writer because it must never throw in the
 * middle of a stream (an unpaired surrogate becomes U+FFFD). It also escapes characters that JSON allows and terminals
 * obey: C1 controls, line separators (at which some clients split an event stream) and direction overrides. A parser
 * returns the same text.
 */
final class JsonText {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] REPLACEMENT = "\ufffd".getBytes(StandardCharsets.UTF_8);

    private JsonText() {}

    /** Appends the text between quotes, or {@code null}. */
    static Buffer appendQuoted(Buffer out, @Nullable String text) {
        if (text == null) {
            return out.appendString("null");
        }
        return appendEscaped(out.appendByte((byte) '"'), text).appendByte((byte) '"');
    }

    /** Appends the text without quotes around it. */
    static Buffer appendEscaped(Buffer out, String text) {
        byte[] bytes = new byte[text.length() * 6];
        return out.appendBytes(bytes, 0, escape(text, bytes));
    }

    /** Returns the number of bytes written: at most 6 for a UTF-16 unit ({@code \}u001b), 4 for a surrogate pair. */
    private static int escape(String text, byte[] to) {
        int at = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                at = ascii(c, to, at);
            } else if (c < 0xa0 || isDirection(c)) {
                at = unicode(c, to, at);
            } else if (c < 0x800) {
                to[at++] = (byte) (0xc0 | c >> 6);
                to[at++] = (byte) (0x80 | c & 0x3f);
            } else if (!Character.isSurrogate(c)) {
                to[at++] = (byte) (0xe0 | c >> 12);
                to[at++] = (byte) (0x80 | c >> 6 & 0x3f);
                to[at++] = (byte) (0x80 | c & 0x3f);
            } else if (i + 1 < text.length() && Character.isSurrogatePair(c, text.charAt(i + 1))) {
                int point = Character.toCodePoint(c, text.charAt(++i));
                to[at++] = (byte) (0xf0 | point >> 18);
                to[at++] = (byte) (0x80 | point >> 12 & 0x3f);
                to[at++] = (byte) (0x80 | point >> 6 & 0x3f);
                to[at++] = (byte) (0x80 | point & 0x3f);
            } else {
                System.arraycopy(REPLACEMENT, 0, to, at, REPLACEMENT.length);
                at += REPLACEMENT.length;
            }
        }
        return at;
    }

    /** Returns whether the character is a line or paragraph separator, or changes the writing direction. */
    private static boolean isDirection(char c) {
        return c >= 0x2028 && c <= 0x202e || c >= 0x2066 && c <= 0x2069;
    }

    private static int ascii(char c, byte[] to, int at) {
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
            to[at++] = (byte) c;
            return at;
        }
        int shorthand =
                switch (c) {
                    case '"', '\\' -> c;
                    case '\n' -> 'n';
                    case '\r' -> 'r';
                    case '\t' -> 't';
                    case '\b' -> 'b';
                    case '\f' -> 'f';
                    default -> 0;
                };
        if (shorthand == 0) {
            return unicode(c, to, at);
        }
        to[at++] = '\\';
        to[at++] = (byte) shorthand;
        return at;
    }

    private static int unicode(char c, byte[] to, int at) {
        to[at++] = '\\';
        to[at++] = 'u';
        to[at++] = HEX[c >> 12];
        to[at++] = HEX[c >> 8 & 0xf];
        to[at++] = HEX[c >> 4 & 0xf];
        to[at++] = HEX[c & 0xf];
        return at;
    }
}
