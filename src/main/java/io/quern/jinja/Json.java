package io.quern.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes JSON as Python's json.dumps does. */
final class Json {
    private static final HexFormat HEX = HexFormat.of();

    private final boolean ascii;
    private final @Nullable String indent;
    private final String itemSeparator;
    private final String keySeparator;
    private final boolean sorted;
    private final Budget budget;
    private final StringBuilder out = new StringBuilder();

    private Json(boolean ascii, @Nullable String indent, @Nullable Object separators, boolean sorted, Budget budget) {
        this.ascii = ascii;
        this.indent = indent;
        this.sorted = sorted;
        this.budget = budget;
        if (separators == null || separators == None.NONE) {
            itemSeparator = indent == null ? ", " : ",";
            keySeparator = ": ";
        } else {
            List<Object> two = Values.list(separators, budget);
            if (two.size() != 2) {
                throw new TemplateError("tojson expects two separators");
            }
            itemSeparator = Values.text(two.get(0));
            keySeparator = Values.text(two.get(1));
        }
    }

    /** Implements transformers' filter {@code tojson}, where {@code ensure_ascii} is off by default. */
    static String write(Object value, @Nullable Object[] given, Budget budget) {
        Object indent = given[1] == None.NONE ? null : given[1];
        Json json = new Json(
                given[0] != null && Values.truth(given[0]),
                indent == null
                        ? null
                        : indent instanceof String text ? text : " ".repeat(Math.clamp(Numbers.index(indent), 0, 1000)),
                given[2],
                given[3] != null && Values.truth(given[3]),
                budget);
        json.append(value, 0);
        budget.text(json.out.length());
        return json.out.toString();
    }

    private void append(Object value, int depth) {
        budget.step();
        switch (value) {
            case String s -> quoted(s);
            case Markup markup -> quoted(markup.text());
            case Boolean b -> out.append(b.booleanValue());
            case None none -> out.append("null");
            case Double d -> out.append(real(d));
            case Long n -> out.append(n.longValue());
            case BigInteger n -> out.append(Text.whole(n));
            case Range range -> throw cannot(range);
            case List<?> list -> list(list, depth);
            case Dict dict -> dict(dict, depth);
            default -> throw cannot(value);
        }
        budget.growing(out.length());
    }

    private static TemplateError cannot(Object value) {
        return new TemplateError(Values.typeName(value) + " cannot be written as JSON");
    }

    private static String real(double value) {
        return Double.isNaN(value)
                ? "NaN"
                : Double.isInfinite(value) ? value > 0 ? "Infinity" : "-Infinity" : Text.real(value);
    }

    private void list(List<?> list, int depth) {
        out.append('[');
        for (Iterator<?> elements = list.iterator(); elements.hasNext(); ) {
            startLine(depth + 1);
            append(elements.next(), depth + 1);
            endElement(elements.hasNext(), depth);
        }
        out.append(']');
    }

    private void dict(Dict dict, int depth) {
        List<Object> keys = dict.keys();
        if (sorted) {
            keys = new ArrayList<>(keys);
            keys.sort((a, b) -> Values.compare(a, b, budget));
        }
        out.append('{');
        for (Iterator<Object> all = keys.iterator(); all.hasNext(); ) {
            Object key = all.next();
            startLine(depth + 1);
            quoted(key(key));
            out.append(keySeparator);
            append(Objects.requireNonNull(dict.get(key, budget)), depth + 1);
            endElement(all.hasNext(), depth);
        }
        out.append('}');
    }

    private static String key(Object key) {
        return switch (key) {
            case String s -> s;
            case Markup markup -> markup.text();
            case Boolean b -> b ? "true" : "false";
            case None none -> "null";
            case Double d -> real(d);
            case Long n -> n.toString();
            case BigInteger n -> Text.whole(n);
            default -> throw new TemplateError(Values.typeName(key) + " cannot be a key in JSON");
        };
    }

    private void startLine(int depth) {
        if (indent != null) {
            budget.growing(out.length() + (long) indent.length() * depth);
            out.append('\n').repeat(indent, depth);
        }
    }

    private void endElement(boolean more, int depth) {
        if (more) {
            out.append(itemSeparator);
        } else {
            startLine(depth);
        }
    }

    private void quoted(String text) {
        budget.steps(text.length());
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < ' ' || ascii && c > '~') {
                        out.append("\\u").append(HEX.toHexDigits(c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
