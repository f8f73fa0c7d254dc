package io.quern.grammar;

import io.quern.grammar.Expression.Repeat;
import io.quern.text.Printable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parses a grammar in llama.cpp's notation (GBNF) as llama.cpp v0.5.0 reads it. What it would read in a surprising way
 * is refused: a rule that is defined twice, an empty class, a maximum of repetitions that it would ignore. So are
 * tokens ({@code <[12]>}), for which its checks contradict each other.
 */
final class GbnfParser {
    private static final int END = -1;
    private static final String ESCAPES = "\\\"[]-";

    private final int[] text;
    private final GrammarLimits limits;
    private final String path;
    private final Map<String, Expression> rules = new LinkedHashMap<>();
    private int at;
    private int depth;

    private GbnfParser(String text, GrammarLimits limits, String path) {
        this.text = text.codePoints().toArray();
        this.limits = limits;
        this.path = path;
    }

    /**
     * Returns the rules.
     *
     * @param path for messages
     * @throws GrammarException with the line and column of the first mistake
     */
    static Map<String, Expression> parse(String text, GrammarLimits limits, String path) {
        if (text.length() > limits.bytes()) {
            throw new GrammarException(
                    path,
                    null,
                    "has " + text.length() + " characters; at most " + limits.bytes()
                            + " are allowed (quern.grammar.max-size)");
        }
        GbnfParser parser = new GbnfParser(text, limits, path);
        parser.space(true);
        while (parser.peek() != END) {
            parser.rule();
        }
        return parser.rules;
    }

    private void rule() {
        int start = at;
        String name = name();
        space(false);
        if (!(peek(0) == ':' && peek(1) == ':' && peek(2) == '=')) {
            throw wrong("expected ::= after the name of a rule");
        }
        at += 3;
        space(true);
        Expression right = alternatives(false);
        if (peek() == '\r') {
            at += peek(1) == '\n' ? 2 : 1;
        } else if (peek() == '\n') {
            at++;
        } else if (peek() != END) {
            throw wrong("expected the end of the line");
        }
        if (name.startsWith("quern-") || name.equals("lazy") || name.startsWith("lazy-")) {
            at = start;
            throw wrong("the name " + name + " is reserved");
        }
        if (rules.putIfAbsent(name, right) != null) {
            at = start;
            throw wrong("the rule " + name + " is defined twice");
        }
        space(true);
    }

    private String name() {
        int start = at;
        while (isWord(peek())) {
            at++;
        }
        if (at == start) {
            throw wrong("expected a name of letters, digits and hyphens");
        }
        return new String(text, start, at - start);
    }

    private Expression alternatives(boolean nested) {
        List<Expression> alternatives = new ArrayList<>();
        alternatives.add(sequence(nested));
        while (accept('|')) {
            space(true);
            alternatives.add(sequence(nested));
        }
        return Expression.choice(alternatives);
    }

    private Expression sequence(boolean nested) {
        List<Expression> parts = new ArrayList<>();
        while (true) {
            Expression part = item(nested);
            if (part == null) {
                return Expression.sequence(parts);
            }
            space(nested);
            parts.add(repeated(part, nested));
        }
    }

    private @org.jspecify.annotations.Nullable Expression item(boolean nested) {
        int c = peek();
        if (isWord(c)) {
            return new Expression.Reference(name());
        }
        return switch (c) {
            case '"' -> literal();
            case '[' -> new Expression.CharSet(set());
            case '.' -> {
                at++;
                yield new Expression.CharSet(CodePoints.ALL);
            }
            case '(' -> group();
            case '<', '!' -> throw wrong("tokens are not supported; write their text as a literal");
            case '*', '+', '?', '{' -> throw wrong("a repetition needs something in front of it");
            default -> null;
        };
    }

    private Expression group() {
        at++;
        if (++depth > limits.depth()) {
            throw wrong("groups nest deeper than " + limits.depth() + " (quern.grammar.max-depth)");
        }
        space(true);
        Expression inner = alternatives(true);
        if (!accept(')')) {
            throw wrong("expected )");
        }
        depth--;
        return inner;
    }

    private Expression literal() {
        at++;
        StringBuilder literal = new StringBuilder();
        while (!accept('"')) {
            int c = character();
            if (c == 0) {
                throw wrong("a literal has a NUL character");
            }
            literal.appendCodePoint(c);
        }
        return Expression.literal(literal.toString());
    }

    private CodePoints set() {
        at++;
        boolean negated = accept('^');
        if (peek() == ']') {
            throw wrong("a class is empty");
        }
        List<CodePoints> members = new ArrayList<>();
        while (!accept(']')) {
            int first = character();
            int last = first;
            if (peek() == '-' && peek(1) != ']') {
                at++;
                last = character();
            }
            if (last < first) {
                throw wrong("a range of a class ends before it begins");
            }
            members.add(CodePoints.range(first, last));
        }
        CodePoints all = CodePoints.union(members);
        return negated ? all.complement() : all;
    }

    private int character() {
        int c = peek();
        if (c == END) {
            throw wrong("a literal or class does not end");
        }
        at++;
        int value = c == '\\' ? escape() : c;
        if (value > Character.MAX_CODE_POINT || value < 0) {
            throw wrong("there is no character with this code");
        }
        if (value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE) {
            throw wrong("an unpaired surrogate is no character");
        }
        return value;
    }

    private int escape() {
        int c = peek();
        at++;
        return switch (c) {
            case 'x' -> hex(2);
            case 'u' -> hex(4);
            case 'U' -> hex(8);
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'n' -> '\n';
            default -> {
                if (c == END || ESCAPES.indexOf(c) < 0) {
                    at--;
                    throw wrong("unknown escape; these are known: \\x \\u \\U \\t \\r \\n \\\\ \\\" \\[ \\] \\-");
                }
                yield c;
            }
        };
    }

    private int hex(int digits) {
        long value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = peek() > 'f' || peek() == END ? -1 : Character.digit(peek(), 16);
            if (digit < 0) {
                throw wrong("expected " + digits + " hexadecimal digits");
            }
            value = value * 16 + digit;
            at++;
        }
        return (int) Math.min(value, Character.MAX_CODE_POINT + 1);
    }

    private Expression repeated(Expression operand, boolean nested) {
        if (!isRepetition(peek())) {
            return operand;
        }
        if (operand.equals(Expression.EMPTY)) {
            throw wrong("the empty text is repeated");
        }
        int c = text[at++];
        space(nested);
        Expression result =
                switch (c) {
                    case '*' -> new Repeat(operand, 0, Repeat.UNBOUNDED);
                    case '+' -> new Repeat(operand, 1, Repeat.UNBOUNDED);
                    case '?' -> new Repeat(operand, 0, 1);
                    default -> braces(operand, nested);
                };
        if (isRepetition(peek())) {
            throw wrong("two repetitions follow each other; put the first in parentheses");
        }
        return result;
    }

    private static boolean isRepetition(int c) {
        return c == '*' || c == '+' || c == '?' || c == '{';
    }

    private Expression braces(Expression operand, boolean nested) {
        int min = number(nested);
        int max = min;
        if (accept(',')) {
            space(nested);
            max = peek() == '}' ? Repeat.UNBOUNDED : number(nested);
        }
        if (!accept('}')) {
            throw wrong("expected }");
        }
        space(nested);
        if (max != Repeat.UNBOUNDED && max < min) {
            throw wrong("the maximum of a repetition is below its minimum");
        }
        return Expression.repeat(operand, min, max);
    }

    private int number(boolean nested) {
        int start = at;
        int value = 0;
        while (peek() >= '0' && peek() <= '9') {
            value = Math.min(value * 10 + peek() - '0', limits.repetitions() + 1);
            at++;
        }
        if (at == start) {
            throw wrong("expected a number");
        }
        if (value > limits.repetitions()) {
            throw wrong("more than " + limits.repetitions() + " repetitions (quern.grammar.max-repetitions)");
        }
        space(nested);
        return value;
    }

    private void space(boolean lines) {
        while (true) {
            int c = peek();
            if (c == '#') {
                while (peek() != END && peek() != '\r' && peek() != '\n') {
                    at++;
                }
            } else if (c == ' ' || c == '\t' || lines && (c == '\r' || c == '\n')) {
                at++;
            } else {
                return;
            }
        }
    }

    private static boolean isWord(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-';
    }

    private int peek() {
        return peek(0);
    }

    private int peek(int offset) {
        return at + offset < text.length ? text[at + offset] : END;
    }

    private boolean accept(int c) {
        if (peek() == c) {
            at++;
            return true;
        }
        return false;
    }

    private GrammarException wrong(String problem) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < at && i < text.length; i++) {
            column = text[i] == '\n' ? 1 : column + 1;
            line += text[i] == '\n' ? 1 : 0;
        }
        String near = new String(text, Math.min(at, text.length), Math.min(20, Math.max(0, text.length - at)));
        return new GrammarException(
                path,
                null,
                "is not a grammar: " + problem + ", at line " + line + ", column " + column
                        + (near.isEmpty() ? "" : ", before " + Printable.line(near)));
    }
}
