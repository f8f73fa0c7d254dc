package io.quern.chat;

/** Text of several lines as users type it: between triple quotes, or with a backslash at the end of a line. */
final class Typed {
    private static final String QUOTES = "\"\"\"";
    private static final String BACKSLASH = "\\";

    private Typed() {}

    /** Returns whether another line has to follow. */
    static boolean isIncomplete(String typed) {
        return quotes(typed) % 2 != 0 || typed.endsWith(BACKSLASH);
    }

    private static int quotes(String typed) {
        int count = 0;
        for (int at = typed.indexOf(QUOTES); at >= 0; at = typed.indexOf(QUOTES, at + QUOTES.length())) {
            count++;
        }
        return count;
    }

    /** Returns the text that is meant: without the quotes around it, and without backslashes at the end of lines. */
    static String text(String typed) {
        String whole = typed.strip();
        if (whole.length() >= 2 * QUOTES.length()
                && whole.startsWith(QUOTES)
                && whole.endsWith(QUOTES)
                && quotes(whole) == 2) {
            return whole.substring(QUOTES.length(), whole.length() - QUOTES.length())
                    .strip();
        }
        return whole.replace(BACKSLASH + "\n", "\n");
    }
}
