package io.quern.model.jinja;

/** Looks for a text in another one, and pays for each character that is compared: the worst case is the product of both lengths. */
final class Search {
    /** For so short a part the JDK's own search stays near one pass over the text. */
    private static final int SHORT = 16;

    private Search() {}

    static boolean contains(Budget budget, String text, String part) {
        return indexOf(budget, text, part, 0) >= 0;
    }

    /** As {@link String#indexOf(String, int)}. */
    static int indexOf(Budget budget, String text, String part, int from) {
        int last = text.length() - part.length();
        if (part.length() <= SHORT) {
            return shortIndexOf(budget, text, part, from);
        }
        String beginning = part.substring(0, SHORT);
        for (int at = from; at <= last; at++) {
            at = shortIndexOf(budget, text, beginning, at);
            if (at < 0 || at > last) {
                return -1;
            }
            if (isAt(budget, text, at, part)) {
                return at;
            }
        }
        return -1;
    }

    private static int shortIndexOf(Budget budget, String text, String part, int from) {
        // pieces overlap, so that a part across two of them is found
        for (int begin = from; begin < text.length() || begin == from; begin += Budget.PIECE) {
            int end = Math.min(text.length(), begin + Budget.PIECE + part.length());
            int at = begin > end ? -1 : text.indexOf(part, begin, end);
            budget.characters((at < 0 ? end : at) - begin);
            if (at >= 0) {
                return at;
            }
        }
        return -1;
    }

    /** As {@link String#lastIndexOf(String, int)}. */
    static int lastIndexOf(Budget budget, String text, String part, int from) {
        for (int at = Math.min(from, text.length() - part.length()); at >= 0; at--) {
            int begin = at;
            at = part.isEmpty() ? at : text.lastIndexOf(part.charAt(0), at);
            budget.characters(begin - at);
            if (at >= 0 && isAt(budget, text, at, part)) {
                return at;
            }
        }
        return -1;
    }

    static boolean startsWith(Budget budget, String text, String prefix) {
        return isAt(budget, text, 0, prefix);
    }

    static boolean endsWith(Budget budget, String text, String suffix) {
        return isAt(budget, text, text.length() - suffix.length(), suffix);
    }

    /** Whether two texts are equal. */
    static boolean same(Budget budget, String a, String b) {
        return a.length() == b.length() && isAt(budget, a, 0, b);
    }

    /** By code point, as Python does; {@link String#compareTo} goes by UTF-16 units. */
    static int compare(Budget budget, String a, String b) {
        int common = Math.min(a.length(), b.length());
        for (int from = 0; from < common; from += Budget.PIECE) {
            int to = Math.min(common, from + Budget.PIECE);
            int at = from;
            while (at < to && a.charAt(at) == b.charAt(at)) {
                at++;
            }
            budget.characters(at - from);
            if (at < to) {
                return Integer.compare(rank(a.charAt(at)), rank(b.charAt(at)));
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    /** Surrogates stand for code points behind all others. */
    private static int rank(char c) {
        return Character.isSurrogate(c) ? c + 0x10000 : c;
    }

    private static boolean isAt(Budget budget, String text, int at, String part) {
        if (at < 0 || at + part.length() > text.length()) {
            budget.step();
            return false;
        }
        for (int from = 0; from < part.length(); ) {
            // most comparisons end at once: the first piece is small
            int length = Math.min(part.length() - from, from == 0 ? SHORT : Budget.PIECE);
            budget.characters(length);
            if (!text.regionMatches(at + from, part, from, length)) {
                return false;
            }
            from += length;
        }
        return true;
    }
}
