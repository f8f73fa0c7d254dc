package io.quern.openai;

/** A client's own value, given back in a message: quoted, and cut so that no answer grows with it. */
final class Excerpt {
    private static final int MAX_LENGTH = 100;

    private Excerpt() {}

    static String quoted(String value) {
        return '"' + cut(value) + '"';
    }

    /** Without quotes, for numbers. */
    static String cut(String value) {
        if (value.length() <= MAX_LENGTH) {
            return value;
        }
        int end = Character.isHighSurrogate(value.charAt(MAX_LENGTH - 1)) ? MAX_LENGTH - 1 : MAX_LENGTH;
        return value.substring(0, end) + "...";
    }
}
