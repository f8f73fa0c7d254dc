package io.quern.text;

import java.util.function.IntPredicate;

/**
 * Makes text safe to show in a log or a terminal. Characters that move the cursor, change colours, end a line or change
 * the writing direction become visible, such as {@code \u001b}. Letters of all scripts stay as they are. All methods
 * are pure functions.
 */
public final class Printable {
    private static final String INDENTATION = "  ";

    private Printable() {}

    /** Returns the text as one line: line breaks and tabs become visible too. */
    public static String line(String text) {
        return isSafe(text, c -> false) ? text : escape(text, false);
    }

    /**
     * Returns the text with its line breaks. All lines but the first are indented, so that none looks like an entry of
     * its own.
     */
    public static String lines(String text) {
        return isSafe(text, c -> c == '\t') ? text : escape(text, true);
    }

    private static boolean isSafe(String text, IntPredicate kept) {
        for (int i = 0; i < text.length(); i++) {
            if (isObeyed(text.charAt(i)) && !kept.test(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static String escape(String text, boolean lines) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (lines && c == '\n') {
                out.append(c);
                boolean indented = i + 1 < text.length() && (text.charAt(i + 1) == ' ' || text.charAt(i + 1) == '\t');
                out.append(indented || i + 1 == text.length() ? "" : INDENTATION);
            } else if (lines && (c == '\t' || c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n')) {
                out.append(c == '\t' ? "\t" : "");
            } else if (isObeyed(c)) {
                appendEscape(out, c);
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static void appendEscape(StringBuilder out, char c) {
        switch (c) {
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                out.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    out.append(Character.forDigit(c >> shift & 0xf, 16));
                }
            }
        }
    }

    /**
     * Returns whether a terminal or a log obeys the character: C0 and C1 controls, DEL, line and paragraph separators,
     * marks, embeddings, overrides and isolates of direction, and code points that stand for no character.
     */
    private static boolean isObeyed(char c) {
        return c < ' '
                || c >= 0x7f && c <= 0x9f
                || c == 0x61c
                || c == 0x200e
                || c == 0x200f
                || c >= 0x2028 && c <= 0x202e
                || c >= 0x2066 && c <= 0x2069
                || c == 0xfeff
                || c >= 0xfff9 && c <= 0xfffb;
    }
}
