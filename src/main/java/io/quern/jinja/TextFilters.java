package io.quern.jinja;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** jinja2's filters for texts. */
final class TextFilters {
    private static final int CENTER = 80;
    private static final int INDENT = 4;
    private static final int TRUNCATE = 255;
    private static final int LEEWAY = 5;

    /** Matches the beginning of a word for the filter title, which differs from Python's method. */
    private static final Pattern WORD_BEGINNING = Pattern.compile("[-\\s({\\[<]+", Pattern.UNICODE_CHARACTER_CLASS);

    private TextFilters() {}

    /** Returns the filters by signature. */
    static Map<String, Filter.Plain> all() {
        Map<String, Filter.Plain> all = new HashMap<>();
        all.put("trim: [chars]", (v, a, b) -> soft(v, b, s -> StringMethods.strip(s, a[0], true, true, b)));
        all.put("upper:", (v, a, b) -> soft(v, b, Casing::upper));
        all.put("lower:", (v, a, b) -> soft(v, b, Casing::lower));
        all.put("capitalize:", (v, a, b) -> soft(v, b, Casing::capitalize));
        all.put("title:", (v, a, b) -> title(Text.claimed(v, b)));
        all.put("string:", (v, a, b) -> v instanceof Markup ? v : Text.of(v, b));
        all.put("safe:", (v, a, b) -> new Markup(Text.of(v, b)));
        all.put("escape:", (v, a, b) -> Markup.escape(v, b));
        all.put("e:", (v, a, b) -> Markup.escape(v, b));
        all.put("forceescape:", (v, a, b) -> Markup.escape(Text.of(v, b), b));
        all.put(
                "center: [width]",
                (v, a, b) -> soft(v, b, s -> Padding.center(s, a[0] == null ? CENTER : Numbers.index(a[0]), ' ', b)));
        all.put("replace: old, new, [count]", (v, a, b) -> {
            int count = a[2] == null || a[2] == None.NONE ? -1 : Numbers.index(a[2]);
            return StringMethods.replace(Text.of(v, b), Text.of(a[0], b), Text.of(a[1], b), count, b);
        });
        all.put("indent: [width], [first], [blank]", TextFilters::indent);
        all.put("truncate: [length], [killwords], [end], [leeway]", TextFilters::truncate);
        all.put("wordcount:", (v, a, b) -> wordCount(Text.claimed(v, b)));
        all.put("urlencode:", TextFilters::urlEncode);
        return all;
    }

    /** Applies an operation; a marked text stays marked. */
    private static Object soft(Object value, Budget budget, UnaryOperator<String> operation) {
        String text = operation.apply(Text.claimed(value, budget));
        return value instanceof Markup ? new Markup(text) : text;
    }

    private static String title(String text) {
        StringBuilder out = new StringBuilder(text.length());
        int from = 0;
        var beginning = WORD_BEGINNING.matcher(text);
        while (beginning.find()) {
            word(text.substring(from, beginning.start()), out);
            out.append(beginning.group());
            from = beginning.end();
        }
        word(text.substring(from), out);
        return out.toString();
    }

    private static void word(String word, StringBuilder out) {
        if (!word.isEmpty()) {
            int first = Character.charCount(word.codePointAt(0));
            out.append(Casing.upper(word.substring(0, first))).append(Casing.lower(word.substring(first)));
        }
    }

    private static Object indent(Object value, @Nullable Object[] given, Budget budget) {
        String indent = given[0] == null
                ? " ".repeat(INDENT)
                : given[0] instanceof String text ? text : (String) Operators.multiply(" ", given[0], budget);
        boolean first = given[1] != null && Values.truth(given[1]);
        boolean blank = given[2] != null && Values.truth(given[2]);
        // with a line break at its end, so that the last line counts even if it is empty
        List<Object> lines = Splits.lines(Values.text(value) + "\n", false, budget);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String line = (String) lines.get(i);
            boolean indented = i == 0 ? first : blank || !line.isEmpty();
            budget.growing(out.length() + (long) indent.length() + line.length() + 1);
            out.append(i == 0 ? "" : "\n").append(indented ? indent : "").append(line);
        }
        budget.text(out.length());
        return value instanceof Markup ? new Markup(out.toString()) : out.toString();
    }

    private static Object truncate(Object value, @Nullable Object[] given, Budget budget) {
        if (value instanceof Markup || given[2] instanceof Markup) {
            throw TemplateError.unsupported("truncating a safe text");
        }
        int length = given[0] == null ? TRUNCATE : Numbers.index(given[0]);
        boolean killWords = given[1] != null && Values.truth(given[1]);
        String end = given[2] == null ? "..." : Values.text(given[2]);
        int leeway = given[3] == null || given[3] == None.NONE ? LEEWAY : Numbers.index(given[3]);
        int endLength = end.codePointCount(0, end.length());
        if (length < endLength || leeway < 0) {
            throw new TemplateError("truncate cannot shorten a text to " + length + " characters with an end of "
                    + endLength + " characters");
        }
        if (Values.length(value, budget) <= (long) length + leeway) {
            return value;
        }
        Object cut = Access.slice(value, 0L, (long) length - endLength, 1L, budget);
        if (!(cut instanceof String text)) {
            throw new TemplateError("only strings can be truncated, not " + Values.typeName(value));
        }
        int space = text.lastIndexOf(' ');
        return (killWords || space < 0 ? text : text.substring(0, space)) + end;
    }

    private static long wordCount(String text) {
        long words = 0;
        boolean inWord = false;
        for (int c : text.codePoints().toArray()) {
            boolean part = Character.isLetterOrDigit(c)
                    || c == '_'
                    || Character.getType(c) == Character.OTHER_NUMBER
                    || Character.getType(c) == Character.LETTER_NUMBER;
            words += part && !inWord ? 1 : 0;
            inWord = part;
        }
        return words;
    }

    private static Object urlEncode(Object value, @Nullable Object[] given, Budget budget) {
        if (Values.isText(value) || !Values.isIterable(value)) {
            return quoted(Text.of(value, budget), "/", budget);
        }
        Object pairs = value instanceof Dict dict ? dict.items() : value;
        StringBuilder out = new StringBuilder();
        for (Iterator<Object> all = Values.iterator(pairs, budget); all.hasNext(); ) {
            List<Object> pair = Values.list(all.next(), budget);
            if (pair.size() != 2) {
                throw new TemplateError("urlencode expects pairs");
            }
            out.append(out.isEmpty() ? "" : "&")
                    .append(quoted(Text.of(pair.get(0), budget), "", budget).replace("%20", "+"))
                    .append('=')
                    .append(quoted(Text.of(pair.get(1), budget), "", budget).replace("%20", "+"));
            budget.growing(out.length());
        }
        budget.text(out.length());
        return out.toString();
    }

    private static String quoted(String text, String safe, Budget budget) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        budget.text(3L * bytes.length);
        budget.steps(bytes.length);
        StringBuilder out = new StringBuilder();
        for (byte b : bytes) {
            char c = (char) (b & 0xff);
            boolean plain =
                    c < 0x80 && (Character.isLetterOrDigit(c) || "_.-~".indexOf(c) >= 0 || safe.indexOf(c) >= 0);
            out.append(plain ? String.valueOf(c) : String.format("%%%02X", (int) c));
        }
        return out.toString();
    }
}
