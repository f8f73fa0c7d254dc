package io.quern.worker;

/**
 * Looks for one stop string in a text that comes character by character (Knuth, Morris, Pratt): at any time it knows how
 * many of the last characters may be the beginning of the string. Pure.
 */
final class StopString {
    private final String string;
    /** For each prefix's length, that of its longest proper prefix that is also its suffix. */
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

    /** Takes the next character; returns whether the string is complete with it, after which no more may come. */
    boolean complete(char next) {
        while (matched > 0 && string.charAt(matched) != next) {
            matched = shorter[matched];
        }
        if (string.charAt(matched) == next) {
            matched++;
        }
        return matched == string.length();
    }

    /** How many of the last characters the string may begin with. */
    int matched() {
        return matched;
    }

    @Override
    public String toString() {
        return string;
    }
}
