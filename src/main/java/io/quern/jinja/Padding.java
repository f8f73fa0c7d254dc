package io.quern.jinja;

/** Pads texts as Python's str does. Widths count characters. */
final class Padding {
    static final int TAB = 8;

    private Padding() {}

    static String center(String text, int width, int fill, Budget budget) {
        int missing = missing(text, width, fill, budget);
        // if the padding is odd, the extra character goes before the text exactly if the width is odd too
        int before = missing / 2 + (missing & width & 1);
        return filled(fill, before) + text + filled(fill, missing - before);
    }

    static String behind(String text, int width, int fill, Budget budget) {
        return text + filled(fill, missing(text, width, fill, budget));
    }

    static String before(String text, int width, int fill, Budget budget) {
        return filled(fill, missing(text, width, fill, budget)) + text;
    }

    static String zeros(String text, int width, Budget budget) {
        boolean signed = text.startsWith("-") || text.startsWith("+");
        String zeros = filled('0', missing(text, width, '0', budget));
        return signed ? text.charAt(0) + zeros + text.substring(1) : zeros + text;
    }

    static String tabs(String text, int size, Budget budget) {
        StringBuilder out = new StringBuilder();
        int column = 0;
        for (int at = 0; at < text.length(); ) {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            if (c == '\t') {
                int spaces = size <= 0 ? 0 : size - column % size;
                budget.growing(out.length() + (long) spaces);
                out.repeat(' ', spaces);
                column += spaces;
            } else {
                out.appendCodePoint(c);
                column = c == '\n' || c == '\r' ? 0 : column + 1;
            }
        }
        budget.text(out.length());
        return out.toString();
    }

    private static int missing(String text, int width, int fill, Budget budget) {
        int missing = Math.max(0, width - text.codePointCount(0, text.length()));
        budget.text(text.length() + (long) missing * Character.charCount(fill));
        return missing;
    }

    private static String filled(int fill, int count) {
        return Character.toString(fill).repeat(count);
    }
}
