package io.quern.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** How JSON is written: one form for each value, so that two texts differ if and only if their values do. */
final class JsonText {
    private static final String SHORT_ESCAPED = "\"\\\b\f\n\r\t";
    private static final String SHORT = "\"\\bfnrt";

    private JsonText() {}

    static String of(JsonNode value) {
        StringBuilder out = new StringBuilder();
        append(out, value);
        return out.toString();
    }

    /** Returns the text as a JSON string, with its quotes. */
    static String quoted(String text) {
        return '"' + escaped(text) + '"';
    }

    static String escaped(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> append(out, c));
        return out.toString();
    }

    /** Returns the ways to write one of these characters in a JSON string. */
    static Expression encoding(CodePoints set) {
        List<Expression> ways = new ArrayList<>();
        CodePoints raw = set.and(JsonRules.RAW);
        if (!raw.isEmpty()) {
            ways.add(new Expression.CharSet(raw));
        }
        SHORT_ESCAPED.chars().filter(set::contains).forEach(c -> ways.add(Expression.literal(escaped(c))));
        if (ways.isEmpty()) {
            // other control characters are written only if there is no choice
            CodePoints.Range last = set.ranges().getLast();
            for (int c = 0; c <= Math.min(last.last(), ' ' - 1); c++) {
                if (set.contains(c)) {
                    ways.add(Expression.literal(escaped(c)));
                }
            }
        }
        return Expression.choice(ways);
    }

    /** Returns the numeric value; one with a huge exponent must not be expanded. */
    static BigDecimal decimal(JsonNode number) {
        BigDecimal value = number.decimalValue();
        return value.signum() == 0 ? BigDecimal.ZERO : value;
    }

    /** Returns whether both are the same value: 1.0 is 1. */
    static boolean same(JsonNode a, JsonNode b) {
        if (a.isNumber() && b.isNumber()) {
            return decimal(a).compareTo(decimal(b)) == 0;
        }
        if (a.isArray() && b.isArray()) {
            boolean same = a.size() == b.size();
            for (int i = 0; same && i < a.size(); i++) {
                same = same(a.get(i), b.get(i));
            }
            return same;
        }
        if (a.isObject() && b.isObject()) {
            boolean same = a.size() == b.size();
            for (Iterator<Map.Entry<String, JsonNode>> fields = a.fields(); same && fields.hasNext(); ) {
                Map.Entry<String, JsonNode> field = fields.next();
                JsonNode other = b.get(field.getKey());
                same = other != null && same(field.getValue(), other);
            }
            return same;
        }
        return a.equals(b);
    }

    private static String escaped(int c) {
        return append(new StringBuilder(), c).toString();
    }

    private static StringBuilder append(StringBuilder out, int c) {
        int known = SHORT_ESCAPED.indexOf(c);
        if (known >= 0) {
            return out.append('\\').append(SHORT.charAt(known));
        }
        if (c < ' ') {
            return out.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
        }
        return out.appendCodePoint(c);
    }

    private static void append(StringBuilder out, JsonNode value) {
        if (value.isObject()) {
            out.append('{');
            String separator = "";
            for (Map.Entry<String, JsonNode> field : value.properties()) {
                out.append(separator).append(quoted(field.getKey())).append(':');
                append(out, field.getValue());
                separator = ",";
            }
            out.append('}');
        } else if (value.isArray()) {
            out.append('[');
            String separator = "";
            for (JsonNode element : value) {
                out.append(separator);
                append(out, element);
                separator = ",";
            }
            out.append(']');
        } else if (value.isTextual()) {
            out.append(quoted(value.textValue()));
        } else {
            out.append(value.asText());
        }
    }
}
