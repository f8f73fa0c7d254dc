package io.quern.grammar;

import org.jspecify.annotations.Nullable;

/**
 * A class of characters about which engines may disagree.
 *
 * @param narrow what all of them count as members
 * @param wide what at least one of them counts as a member
 */
record RegexClass(CodePoints narrow, CodePoints wide) {
    static final RegexClass DIGIT = of(CodePoints.range('0', '9'));
    static final RegexClass WORD = of(CodePoints.range('a', 'z')
            .or(CodePoints.range('A', 'Z'))
            .or(CodePoints.range('0', '9'))
            .or(CodePoints.of('_')));

    /** Java's {@code \s} is ASCII only; ECMA's and Python's are not. */
    static final RegexClass SPACE = new RegexClass(
            CodePoints.ofAll(" \t\n\f\r"),
            CodePoints.ofAll(
                            "\u0009\n\u000b\f\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff")
                    .or(CodePoints.range(0x2000, 0x200b)));

    /** Java's dot excludes more line ends than ECMA's. */
    static final RegexClass DOT = of(CodePoints.ofAll("\n\r\u0085\u2028\u2029").complement());

    private static final String CATEGORIES =
            "Cn Lu Ll Lt Lm Lo Mn Me Mc Nd Nl No -- Zs Zl Zp Cc Cf -- Co Cs Pd Ps Pe Pc Po Sm Sc Sk So Pi Pf";

    static RegexClass of(CodePoints set) {
        return new RegexClass(set, set);
    }

    RegexClass negated() {
        return new RegexClass(wide.complement(), narrow.complement());
    }

    boolean isOne() {
        return narrow.equals(wide) && narrow.size() == 1;
    }

    int one() {
        return narrow.ranges().getFirst().first();
    }

    /** Returns the code points of a general category, such as {@code Lu} or {@code L}, or null if there is none. */
    static @Nullable RegexClass ofCategory(String name) {
        if (name.isEmpty() || name.length() > 2 || name.startsWith("-") || !(" " + CATEGORIES).contains(" " + name)) {
            return null;
        }
        java.util.List<CodePoints> found = new java.util.ArrayList<>();
        int start = -1;
        for (int c = 0; c <= Character.MAX_CODE_POINT + 1; c++) {
            boolean in = c <= Character.MAX_CODE_POINT && CATEGORIES.startsWith(name, 3 * Character.getType(c));
            if (in && start < 0) {
                start = c;
            } else if (!in && start >= 0) {
                found.add(CodePoints.range(start, c - 1));
                start = -1;
            }
        }
        return of(CodePoints.union(found));
    }
}
