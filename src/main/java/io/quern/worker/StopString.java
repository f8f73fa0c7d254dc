package io.quern.worker;

/**
 * Searches for one stop string in a text that arrives character by character (Knuth, Morris, Pratt). It always knows
 * how many of the last characters may be the beginning of the string. Pure.
 */
final class StopString {
    private final String string;
    /** For each prefix length, the length of its longest proper prefix that is also its suffix. */
    private final int[] shorter;

    private int matched;

    StopString(String string) {
        this.string = string;
        this.shorter = new int[string.length() + 1];
        int k = 0;
        for (int i = 1; i < string.length(); i++) {
            while (k > 0 && string.charAt(i) != string.charAt(k)) {
                k = shorter[k];
            }
            if (string.charAt(i) == string.charAt(k)) {
                k++;
            }
            shorter[i + 1] = k;
        }
    }

    /** Adds the next character. Returns whether it completes the string, after which no character may be added. */
    boolean complete(char next) {
        while (matched > 0 && string.charAt(matched) != next) {
            matched = shorter[matched];
        }
        if (string.charAt(matched) == next) {
            matched++;
        }
        return matched == string.length();
    }

    /** Returns how many of the last characters may begin the string. */
    int matched() {
        return matched;
    }

    @Override
    public String toString() {
        return string;
    }
}
