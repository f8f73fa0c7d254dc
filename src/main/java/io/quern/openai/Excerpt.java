package io.quern.openai;

/** Quotes a client's own value in a message, and shortens it so that the answer stays small. */
final class Excerpt {
    private static final int MAX_LENGTH = 100;

    private Excerpt() {}

    static String quoted(String value) {
        return '"' + cut(value) + '"';
    }

    /** Shortens a value without quoting it, for numbers. */
    static String cut(String value) {
        if (value.length() <= MAX_LENGTH) {
            return value;
        }
        int end = Character.isHighSurrogate(value.charAt(MAX_LENGTH - 1)) ? MAX_LENGTH - 1 : MAX_LENGTH;
        return value.substring(0, end) + "...";
    }
}
