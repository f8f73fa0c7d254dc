package io.quern.jinja;

/** Searches for a text in linear time, which the JDK's search does not guarantee: a template may choose both texts. */
final class Search {
    /** Up to this number of comparisons Java's own search is faster, even in the worst case. */
    private static final long FEW = 1 << 20;

    private Search() {}

    /** Returns the index of the first occurrence at or after {@code from}, in UTF-16 units, or -1. */
    static int first(String text, String part, int from, Budget budget) {
        int rest = text.length() - from;
        if (part.length() > rest) {
            return -1;
        }
        budget.read(0);
        if (part.length() <= 1 || (long) rest * part.length() <= FEW) {
            int at = text.indexOf(part, from);
            budget.read(at < 0 ? rest : at - from);
            return at;
        }
        return new Pattern(part, budget).first(text, from, budget);
    }

    /** Returns the index of the last occurrence, or -1. */
    static int last(String text, String part, Budget budget) {
        if ((long) text.length() * part.length() <= FEW) {
            budget.read(text.length());
            return text.lastIndexOf(part);
        }
        budget.text(text.length() + (long) part.length());
        int at = first(
                new StringBuilder(text).reverse().toString(),
                new StringBuilder(part).reverse().toString(),
                0,
                budget);
        // StringBuilder keeps the order within surrogate pairs, so indices remain valid
        return at < 0 ? -1 : text.length() - at - part.length();
    }

    /** Counts the occurrences that do not overlap. */
    static long count(String text, String part, Budget budget) {
        long count = 0;
        int from = 0;
        for (int at = first(text, part, from, budget); at >= 0; at = first(text, part, from, budget)) {
            count++;
            from = at + part.length();
        }
        return count;
    }

    /** The failure table of the Knuth-Morris-Pratt algorithm for one pattern. */
    private static final class Pattern {
        private final String part;
        private final int[] fallBack;

        Pattern(String part, Budget budget) {
            this.part = part;
            budget.text(2L * part.length());
            budget.steps(part.length());
            fallBack = new int[part.length()];
            for (int i = 1, matched = 0; i < fallBack.length; i++) {
                while (matched > 0 && part.charAt(i) != part.charAt(matched)) {
                    matched = fallBack[matched - 1];
                }
                if (part.charAt(i) == part.charAt(matched)) {
                    matched++;
                }
                fallBack[i] = matched;
            }
        }

        int first(String text, int from, Budget budget) {
            int matched = 0;
            for (int i = from; i < text.length(); i++) {
                if ((i & 0xfff) == 0) {
                    budget.steps(0x1000);
                }
                while (matched > 0 && text.charAt(i) != part.charAt(matched)) {
                    matched = fallBack[matched - 1];
                }
                if (text.charAt(i) == part.charAt(matched)) {
                    matched++;
                }
                if (matched == part.length()) {
                    return i - matched + 1;
                }
            }
            return -1;
        }
    }
}
