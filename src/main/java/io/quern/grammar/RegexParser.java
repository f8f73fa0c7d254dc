package io.quern.grammar;

import io.quern.grammar.Expression.Repeat;
import io.quern.text.Printable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Parses regular expressions in the notation of ECMA-262, which JSON Schema uses. Refuses what no grammar can express
 * (lookaround, back references, word boundaries), and what other engines read differently.
 *
 * <p>Where engines disagree about a class ({@code \s}, the dot), the result contains only what all of them accept.
 */
final class RegexParser {
    private static final int END = -1;

    private final int[] text;
    private final GrammarLimits limits;
    private final String path;
    private final @Nullable String keyword;
    private int at;
    private int depth;

    private RegexParser(String text, GrammarLimits limits, String path, @Nullable String keyword) {
        this.text = text.codePoints().toArray();
        this.limits = limits;
        this.path = path;
        this.keyword = keyword;
    }

    /**
     * Parses an expression.
     *
     * @param path for messages
     * @param keyword of the schema that the expression comes from, or null
     * @throws GrammarException if it is wrong or not supported
     */
    static Regex parse(String text, GrammarLimits limits, String path, @Nullable String keyword) {
        if (text.length() > limits.bytes()) {
            throw new GrammarException(
                    path, keyword, "has " + text.length() + " characters; at most " + limits.bytes() + " are allowed");
        }
        RegexParser parser = new RegexParser(text, limits, path, keyword);
        Regex regex = parser.choice();
        if (parser.peek() != END) {
            throw parser.wrong("has a ) without a (");
        }
        return regex;
    }

    private Regex choice() {
        if (++depth > limits.depth()) {
            throw wrong("nests deeper than " + limits.depth() + " groups");
        }
        List<Regex> alternatives = new ArrayList<>();
        alternatives.add(sequence());
        while (accept('|')) {
            alternatives.add(sequence());
        }
        depth--;
        return alternatives.size() == 1 ? alternatives.getFirst() : new Regex.Choice(alternatives);
    }

    private Regex sequence() {
        List<Regex> parts = new ArrayList<>();
        while (peek() != END && peek() != '|' && peek() != ')') {
            parts.add(quantified(atom()));
        }
        return parts.size() == 1 ? parts.getFirst() : new Regex.Sequence(parts);
    }

    private Regex atom() {
        int start = at;
        int c = text[at++];
        return switch (c) {
            case '^' -> new Regex.Start();
            case '$' -> new Regex.End();
            case '.' -> new Regex.Chars(RegexClass.DOT.narrow());
            case '(' -> group();
            case '[' -> new Regex.Chars(set());
            case '\\' -> new Regex.Chars(escape(false).narrow());
            case '*', '+', '?', '{' -> {
                at = start;
                throw wrong("has a quantifier without an operand");
            }
            default -> new Regex.Chars(literal(c));
        };
    }

    private Regex group() {
        if (accept('?')) {
            if (accept('<')) {
                if (peek() == '=' || peek() == '!') {
                    throw wrong("uses lookbehind, which is not supported,");
                }
                while (peek() != END && peek() != '>') {
                    at++;
                }
                expect('>');
            } else if (peek() == '=' || peek() == '!') {
                throw wrong("uses lookahead, which is not supported,");
            } else if (!accept(':')) {
                throw wrong("uses a kind of group that is not supported");
            }
        }
        Regex inner = choice();
        expect(')');
        return inner;
    }

    private Regex quantified(Regex operand) {
        Regex result = operand;
        int c = peek();
        if (c == '*' || c == '+' || c == '?' || c == '{') {
            if (operand instanceof Regex.Start || operand instanceof Regex.End) {
                throw wrong("repeats an anchor");
            }
            at++;
            result = switch (c) {
                case '*' -> new Regex.Repeat(operand, 0, Repeat.UNBOUNDED);
                case '+' -> new Regex.Repeat(operand, 1, Repeat.UNBOUNDED);
                case '?' -> new Regex.Repeat(operand, 0, 1);
                default -> braces(operand);
            };
            accept('?'); // a lazy quantifier matches the same texts
            if (peek() == '*' || peek() == '+' || peek() == '?' || peek() == '{') {
                throw wrong("has two quantifiers in a row");
            }
        }
        return result;
    }

    private Regex braces(Regex operand) {
        int min = number();
        int max = min;
        if (accept(',')) {
            max = peek() == '}' ? Repeat.UNBOUNDED : number();
        }
        expect('}');
        if (max != Repeat.UNBOUNDED && max < min) {
            throw wrong("has a repetition whose maximum is below its minimum");
        }
        return new Regex.Repeat(operand, min, max);
    }

    private int number() {
        int start = at;
        int value = 0;
        while (peek() >= '0' && peek() <= '9') {
            value = Math.min(value * 10 + text[at++] - '0', limits.repetitions() + 1);
        }
        if (at == start) {
            throw wrong("needs a number after { (write \\{ for a brace)");
        }
        if (value > limits.repetitions()) {
            throw wrong("repeats more than " + limits.repetitions() + " times");
        }
        return value;
    }

    /** Reads a class in brackets; the first bracket was read. */
    private CodePoints set() {
        boolean negated = accept('^');
        if (peek() == ']') {
            throw wrong("has an empty class");
        }
        List<CodePoints> narrow = new ArrayList<>();
        List<CodePoints> wide = new ArrayList<>();
        while (!accept(']')) {
            RegexClass item = member();
            if (item.isOne() && peek() == '-' && at + 1 < text.length && text[at + 1] != ']') {
                at++;
                RegexClass last = member();
                if (!last.isOne() || last.one() < item.one()) {
                    throw wrong("has a wrong range in a class");
                }
                item = RegexClass.of(CodePoints.range(item.one(), last.one()));
            }
            narrow.add(item.narrow());
            wide.add(item.wide());
        }
        return negated ? CodePoints.union(wide).complement() : CodePoints.union(narrow);
    }

    private RegexClass member() {
        int c = peek();
        if (c == END) {
            throw wrong("has a [ without a ]");
        }
        at++;
        if (c == '[' || c == '&' && peek() == '&') {
            throw wrong("has " + (c == '[' ? "[" : "&&") + " in a class, which engines read differently; escape it;");
        }
        return c == '\\' ? escape(true) : RegexClass.of(literal(c));
    }

    private CodePoints literal(int c) {
        if (Character.getType(c) == Character.SURROGATE) {
            throw wrong("has an unpaired surrogate");
        }
        return CodePoints.of(c);
    }

    /** Reads an escape; the backslash was read. */
    private RegexClass escape(boolean inSet) {
        int c = peek();
        if (c == END) {
            throw wrong("ends with a backslash");
        }
        at++;
        return switch (c) {
            case 'd' -> RegexClass.DIGIT;
            case 'D' -> RegexClass.DIGIT.negated();
            case 'w' -> RegexClass.WORD;
            case 'W' -> RegexClass.WORD.negated();
            case 's' -> RegexClass.SPACE;
            case 'S' -> RegexClass.SPACE.negated();
            case 't' -> RegexClass.of(CodePoints.of('\t'));
            case 'n' -> RegexClass.of(CodePoints.of('\n'));
            case 'r' -> RegexClass.of(CodePoints.of('\r'));
            case 'f' -> RegexClass.of(CodePoints.of('\f'));
            case 'x' -> RegexClass.of(literal(hex(2)));
            case 'u' -> RegexClass.of(literal(unicode()));
            case 'p' -> property();
            case 'P' -> property().negated();
            case 'b', 'B' ->
                throw wrong(
                        inSet ? "uses \\" + (char) c + " in a class" : "uses a word boundary, which is not supported,");
            default -> {
                if (Character.isLetterOrDigit(c)) {
                    throw wrong(
                            c >= '1' && c <= '9' || c == 'k'
                                    ? "uses a back reference, which is not supported,"
                                    : "uses the unknown escape \\" + Character.toString(c));
                }
                yield RegexClass.of(literal(c));
            }
        };
    }

    private int unicode() {
        if (accept('{')) {
            int value = 0;
            int start = at;
            while (peek() != '}' && peek() != END && at - start < 8) {
                value = value * 16 + digit();
            }
            expect('}');
            if (at - start < 2 || value > Character.MAX_CODE_POINT || value < 0) {
                throw wrong("has a wrong code point");
            }
            return value;
        }
        int first = hex(4);
        if (first >= 0xd800 && first < 0xdc00 && accept('\\') && accept('u')) {
            int second = hex(4);
            if (second < 0xdc00 || second > 0xdfff) {
                throw wrong("has an unpaired surrogate");
            }
            return Character.toCodePoint((char) first, (char) second);
        }
        return first;
    }

    private int hex(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            value = value * 16 + digit();
        }
        return value;
    }

    private int digit() {
        int c = peek();
        int digit = c == END || c > 'f' ? -1 : Character.digit(c, 16);
        if (digit < 0) {
            throw wrong("needs a hexadecimal digit");
        }
        at++;
        return digit;
    }

    private RegexClass property() {
        StringBuilder name = new StringBuilder();
        expect('{');
        while (peek() != '}' && peek() != END && name.length() < 40) {
            name.appendCodePoint(text[at++]);
        }
        expect('}');
        RegexClass found = RegexClass.ofCategory(name.toString());
        if (found == null) {
            throw wrong("uses an unsupported property; general categories such as \\p{L} or \\p{Lu} are supported;");
        }
        return found;
    }

    private int peek() {
        return at < text.length ? text[at] : END;
    }

    private boolean accept(int c) {
        if (peek() == c) {
            at++;
            return true;
        }
        return false;
    }

    private void expect(int c) {
        if (!accept(c)) {
            throw wrong("needs a " + (char) c);
        }
    }

    private GrammarException wrong(String problem) {
        String near = new String(text, Math.max(0, at - 10), Math.min(text.length, at + 10) - Math.max(0, at - 10));
        return new GrammarException(path, keyword, problem + " at character " + at + ", near " + Printable.line(near));
    }
}
