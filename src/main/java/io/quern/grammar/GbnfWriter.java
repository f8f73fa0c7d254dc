package io.quern.grammar;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes a grammar in llama.cpp's notation. An operand of a repetition that is more than one character or rule becomes
 * a rule of its own, because llama.cpp copies operands and multiplies nested repetitions.
 */
final class GbnfWriter {
    private final Map<String, String> written = new LinkedHashMap<>();
    private final Map<Expression, String> hoisted = new LinkedHashMap<>();
    private final String start;

    private GbnfWriter(String start) {
        this.start = start;
    }

    static String write(Grammar grammar) {
        GbnfWriter writer = new GbnfWriter(grammar.start());
        if (!grammar.start().equals(Grammar.ROOT)) {
            writer.written.put(Grammar.ROOT, writer.name(grammar.start()));
        }
        grammar.rules().forEach((name, expression) -> writer.written.put(writer.name(name), writer.choice(expression)));
        StringBuilder text = new StringBuilder();
        writer.written.forEach(
                (name, right) -> text.append(name).append(" ::= ").append(right).append('\n'));
        return text.toString();
    }

    /** Another rule than the start may have the name of llama.cpp's start. */
    private String name(String rule) {
        return rule.equals(Grammar.ROOT) && !start.equals(Grammar.ROOT) ? "quern-root" : rule;
    }

    private String choice(Expression expression) {
        if (!(expression instanceof Expression.Choice choice)) {
            return sequence(expression);
        }
        StringBuilder text = new StringBuilder();
        for (Expression alternative : choice.alternatives()) {
            text.append(text.isEmpty() ? "" : " | ").append(sequence(alternative));
        }
        return text.toString();
    }

    private String sequence(Expression expression) {
        if (!(expression instanceof Expression.Sequence sequence)) {
            return item(expression);
        }
        if (sequence.parts().isEmpty()) {
            return "\"\"";
        }
        StringBuilder text = new StringBuilder();
        for (Expression part : sequence.parts()) {
            text.append(text.isEmpty() ? "" : " ").append(item(part));
        }
        return text.toString();
    }

    private String item(Expression expression) {
        return switch (expression) {
            case Expression.Literal literal -> literal(literal.text());
            case Expression.CharSet set -> set(set.codePoints());
            case Expression.Reference reference -> name(reference.rule());
            case Expression.Sequence sequence when sequence.parts().isEmpty() -> "\"\"";
            case Expression.Sequence sequence -> "(" + sequence(sequence) + ")";
            case Expression.Choice choice -> "(" + choice(choice) + ")";
            case Expression.Repeat repeat -> operand(repeat.operand()) + times(repeat.min(), repeat.max());
        };
    }

    private String operand(Expression operand) {
        boolean one = operand instanceof Expression.CharSet
                || operand instanceof Expression.Reference
                || operand instanceof Expression.Literal literal
                        && literal.text().codePointCount(0, literal.text().length()) == 1;
        if (one) {
            return item(operand);
        }
        String known = hoisted.get(operand);
        if (known == null) {
            known = "quern-" + hoisted.size();
            hoisted.put(operand, known);
            written.put(known, choice(operand));
        }
        return known;
    }

    private static String times(int min, int max) {
        if (max == Expression.Repeat.UNBOUNDED) {
            return min == 0 ? "*" : min == 1 ? "+" : "{" + min + ",}";
        }
        return min == 0 && max == 1 ? "?" : min == max ? "{" + min + "}" : "{" + min + "," + max + "}";
    }

    static String literal(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        text.codePoints().forEach(c -> append(out, c, c == '"' || c == '\\'));
        return out.append('"').toString();
    }

    private static String set(CodePoints codePoints) {
        StringBuilder out = new StringBuilder("[");
        for (CodePoints.Range range : codePoints.ranges()) {
            appendInSet(out, range.first());
            if (range.last() > range.first()) {
                appendInSet(out.append('-'), range.last());
            }
        }
        return out.append(']').toString();
    }

    private static void appendInSet(StringBuilder out, int c) {
        // ^ is special at the start only, but llama.cpp has no escape for it
        boolean hexadecimal = c == '^';
        if (hexadecimal) {
            out.append("\\x5E");
        } else {
            append(out, c, c == '[' || c == ']' || c == '\\' || c == '-' || c == '"');
        }
    }

    private static void append(StringBuilder out, int c, boolean escaped) {
        if (escaped) {
            out.append('\\').appendCodePoint(c);
        } else if (c >= ' ' && c < 0x7f) {
            out.append((char) c);
        } else if (c > 0xffff) {
            out.append("\\U").append(hex(c, 8));
        } else {
            out.append("\\u").append(hex(c, 4));
        }
    }

    private static String hex(int c, int digits) {
        return "0".repeat(digits - Integer.toHexString(c).length()) + Integer.toHexString(c);
    }
}
