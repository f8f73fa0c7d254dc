package io.quern.jinja;

import java.util.Iterator;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The methods of Python's str. */
final class StringMethods {
    private static final MethodTable<String> TABLE = new MethodTable<String>(
                    "str",
                    List.of(),
                    List.of(
                            "casefold",
                            "encode",
                            "format_map",
                            "isidentifier",
                            "isprintable",
                            "maketrans",
                            "translate"))
            .with("strip: [_]", (s, a, b) -> strip(s, a[0], true, true, b))
            .with("lstrip: [_]", (s, a, b) -> strip(s, a[0], true, false, b))
            .with("rstrip: [_]", (s, a, b) -> strip(s, a[0], false, true, b))
            .with("startswith: _, [_], [_]", (s, a, b) -> begins(part(s, a[1], a[2], b), a[0], b))
            .with("endswith: _, [_], [_]", (s, a, b) -> ends(part(s, a[1], a[2], b), a[0], b))
            .with("removeprefix: _", (s, a, b) -> {
                String prefix = Values.text(a[0]);
                b.text(s.length());
                return s.startsWith(prefix) ? s.substring(prefix.length()) : s;
            })
            .with("removesuffix: _", (s, a, b) -> {
                String suffix = Values.text(a[0]);
                b.text(s.length());
                return s.endsWith(suffix) ? s.substring(0, s.length() - suffix.length()) : s;
            })
            .with(
                    "split: [sep], [maxsplit]",
                    (s, a, b) -> none(a[0])
                            ? Splits.words(s, count(a[1]), b)
                            : Splits.at(Values.text(a[0]), s, count(a[1]), b))
            .with(
                    "rsplit: [sep], [maxsplit]",
                    (s, a, b) -> none(a[0])
                            ? Splits.wordsFromEnd(s, count(a[1]), b)
                            : Splits.fromEnd(Values.text(a[0]), s, count(a[1]), b))
            .with("splitlines: [keepends]", (s, a, b) -> Splits.lines(s, a[0] != null && Values.truth(a[0]), b))
            .with("partition: _", (s, a, b) -> Splits.partition(Values.text(a[0]), s, b))
            .with("rpartition: _", (s, a, b) -> Splits.partitionFromEnd(Values.text(a[0]), s, b))
            .with("join: _", (s, a, b) -> join(s, a[0], b))
            .with("replace: _, _, [_]", (s, a, b) -> replace(s, Values.text(a[0]), Values.text(a[1]), count(a[2]), b))
            .with("upper:", (s, a, b) -> Casing.upper(Text.claimed(s, b)))
            .with("lower:", (s, a, b) -> Casing.lower(Text.claimed(s, b)))
            .with("title:", (s, a, b) -> Casing.title(Text.claimed(s, b)))
            .with("capitalize:", (s, a, b) -> Casing.capitalize(Text.claimed(s, b)))
            .with("swapcase:", (s, a, b) -> Casing.swap(Text.claimed(s, b)))
            .with("center: _, [_]", (s, a, b) -> Padding.center(s, Numbers.index(a[0]), fill(a[1]), b))
            .with("ljust: _, [_]", (s, a, b) -> Padding.behind(s, Numbers.index(a[0]), fill(a[1]), b))
            .with("rjust: _, [_]", (s, a, b) -> Padding.before(s, Numbers.index(a[0]), fill(a[1]), b))
            .with("zfill: _", (s, a, b) -> Padding.zeros(s, Numbers.index(a[0]), b))
            .with(
                    "expandtabs: [tabsize]",
                    (s, a, b) -> Padding.tabs(s, a[0] == null ? Padding.TAB : Numbers.index(a[0]), b))
            .with("find: _, [_], [_]", (s, a, b) -> place(s, a, false, b))
            .with("rfind: _, [_], [_]", (s, a, b) -> place(s, a, true, b))
            .with("index: _, [_], [_]", (s, a, b) -> found(place(s, a, false, b)))
            .with("rindex: _, [_], [_]", (s, a, b) -> found(place(s, a, true, b)))
            .with("count: _, [_], [_]", (s, a, b) -> occurrences(part(s, a[1], a[2], b), Values.text(a[0]), b))
            .with("isalpha:", (s, a, b) -> all(s, Character::isLetter, b))
            .with("isalnum:", (s, a, b) -> all(s, c -> Character.isLetter(c) || isNumeric(c), b))
            .with("isascii:", (s, a, b) -> s.isEmpty() || all(s, c -> c < 0x80, b))
            .with("isdecimal:", (s, a, b) -> all(s, c -> Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER, b))
            .with("isdigit:", (s, a, b) -> all(s, StringMethods::isDigit, b))
            .with("isnumeric:", (s, a, b) -> all(s, StringMethods::isNumeric, b))
            .with("isspace:", (s, a, b) -> all(s, Text::isSpace, b))
            .with("islower:", (s, a, b) -> Casing.isLower(Text.claimed(s, b)))
            .with("isupper:", (s, a, b) -> Casing.isUpper(Text.claimed(s, b)))
            .with("istitle:", (s, a, b) -> Casing.isTitle(Text.claimed(s, b)));

    private StringMethods() {}

    /** Returns null if there is no such method. */
    static @Nullable Object of(String text, String name) {
        if (name.equals("format")) {
            return (Callable) (rendering, arguments) -> Format.apply(text, arguments, rendering.budget());
        }
        return TABLE.of(text, name);
    }

    static String strip(String text, @Nullable Object characters, boolean start, boolean end, Budget budget) {
        budget.read(text.length());
        String cut = characters == null || characters == None.NONE ? null : Values.text(characters);
        if (cut != null) {
            budget.steps((long) cut.length());
        }
        IntPredicate removed = cut == null ? Text::isSpace : c -> cut.indexOf(c) >= 0;
        int from = 0;
        int to = text.length();
        while (start && from < to && removed.test(text.codePointAt(from))) {
            from += Character.charCount(text.codePointAt(from));
            budget.steps(cut == null ? 0 : cut.length() / 16);
        }
        while (end && to > from && removed.test(text.codePointBefore(to))) {
            to -= Character.charCount(text.codePointBefore(to));
            budget.steps(cut == null ? 0 : cut.length() / 16);
        }
        budget.text(to - from);
        return text.substring(from, to);
    }

    static String join(String separator, Object values, Budget budget) {
        Output out = new Output(budget);
        boolean first = true;
        for (Iterator<Object> all = Values.iterator(values, budget); all.hasNext(); ) {
            Object value = all.next();
            if (value instanceof Markup) {
                throw TemplateError.unsupported("joining safe texts");
            }
            if (!(value instanceof String text)) {
                throw new TemplateError("cannot join " + Values.typeName(Undefined.required(value)));
            }
            if (!first) {
                out.append(separator);
            }
            out.append(text);
            first = false;
        }
        return out.text();
    }

    static String replace(String text, String old, String with, int count, Budget budget) {
        if (count == 0) {
            return text;
        }
        if (old.isEmpty()) {
            return between(text, with, count, budget);
        }
        StringBuilder out = new StringBuilder();
        int from = 0;
        int left = count;
        for (int at = Search.first(text, old, 0, budget);
                at >= 0 && left != 0;
                at = Search.first(text, old, from, budget)) {
            budget.growing(out.length() + (long) at - from + with.length());
            budget.read(with.length());
            out.append(text, from, at).append(with);
            from = at + old.length();
            left--;
        }
        budget.growing(out.length() + (long) text.length() - from);
        out.append(text, from, text.length());
        budget.text(out.length());
        return out.toString();
    }

    /** Replaces the empty text, which occurs before every character and at the end. */
    private static String between(String text, String with, int count, Budget budget) {
        long places = Values.length(text, budget) + 1;
        places = count < 0 ? places : Math.min(places, count);
        budget.text(text.length() + places * with.length());
        budget.steps(text.length());
        StringBuilder out = new StringBuilder();
        int at = 0;
        for (long i = 0; i < places; i++) {
            out.append(with);
            int next = at < text.length() ? text.offsetByCodePoints(at, 1) : at;
            out.append(text, at, next);
            at = next;
        }
        return out.append(text, at, text.length()).toString();
    }

    private static boolean none(@Nullable Object value) {
        return value == null || value == None.NONE;
    }

    private static int count(@Nullable Object value) {
        return value == null ? -1 : Numbers.index(value);
    }

    private static int fill(@Nullable Object value) {
        String text = value == null ? " " : Values.text(value);
        if (text.codePointCount(0, text.length()) != 1) {
            throw new TemplateError("the fill must be one character");
        }
        return text.codePointAt(0);
    }

    private static int place(@Nullable Object given, int otherwise) {
        return given == null || given == None.NONE ? otherwise : Numbers.index(given);
    }

    /** Returns the text between two indices, counted in characters; null if the first lies beyond the text. */
    private static @Nullable String part(String text, @Nullable Object from, @Nullable Object to, Budget budget) {
        if (none(from) && none(to)) {
            return text;
        }
        budget.text(text.length());
        int length = text.codePointCount(0, text.length());
        int begin = place(from, 0);
        int end = place(to, length);
        begin = begin < 0 ? Math.max(0, begin + length) : begin;
        end = end < 0 ? Math.max(0, end + length) : Math.min(end, length);
        if (begin > end) {
            return null;
        }
        return text.substring(text.offsetByCodePoints(0, begin), text.offsetByCodePoints(0, end));
    }

    private static boolean begins(@Nullable String text, Object prefix, Budget budget) {
        budget.read(prefix instanceof String s ? s.length() : 0);
        return prefix instanceof Tuple several
                ? several.stream().anyMatch(one -> begins(text, one, budget))
                : text != null && text.startsWith(Values.text(prefix));
    }

    private static boolean ends(@Nullable String text, Object suffix, Budget budget) {
        budget.read(suffix instanceof String s ? s.length() : 0);
        return suffix instanceof Tuple several
                ? several.stream().anyMatch(one -> ends(text, one, budget))
                : text != null && text.endsWith(Values.text(suffix));
    }

    private static long place(String text, @Nullable Object[] given, boolean last, Budget budget) {
        String wanted = Values.text(given[0]);
        String part = part(text, given[1], given[2], budget);
        if (part == null) {
            return -1;
        }
        int at = last ? Search.last(part, wanted, budget) : Search.first(part, wanted, 0, budget);
        if (at < 0) {
            return -1;
        }
        int begin = place(given[1], 0);
        int length = text.codePointCount(0, text.length());
        return (begin < 0 ? Math.max(0, begin + length) : begin) + (long) part.codePointCount(0, at);
    }

    private static Object found(long place) {
        if (place < 0) {
            throw new TemplateError("the text does not contain the part");
        }
        return place;
    }

    private static long occurrences(@Nullable String text, String part, Budget budget) {
        if (text == null) {
            return 0;
        }
        return part.isEmpty() ? Values.length(text, budget) + 1 : Search.count(text, part, budget);
    }

    private static boolean isDigit(int c) {
        // Python counts superscripts and circled digits as digits too
        return Character.isDigit(c)
                || Character.getType(c) == Character.OTHER_NUMBER
                        && Character.getNumericValue(c) >= 0
                        && Character.getNumericValue(c) <= 9
                        && !isFraction(c);
    }

    private static boolean isFraction(int c) {
        return Character.getNumericValue(c) == -2;
    }

    private static boolean isNumeric(int c) {
        return switch (Character.getType(c)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> false;
        };
    }

    private static boolean all(String text, IntPredicate predicate, Budget budget) {
        budget.steps(text.length());
        return !text.isEmpty() && text.codePoints().allMatch(predicate);
    }
}
