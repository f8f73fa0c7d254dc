package io.quern.grammar;

import static io.quern.grammar.Expression.choice;
import static io.quern.grammar.Expression.literal;
import static io.quern.grammar.Expression.optional;
import static io.quern.grammar.Expression.reference;
import static io.quern.grammar.Expression.repeat;
import static io.quern.grammar.Expression.sequence;

import io.quern.grammar.Expression.CharSet;
import io.quern.grammar.Expression.Repeat;

/**
 * Rules for any JSON value. White space and keys are bounded, because small models would otherwise write them without
 * end. Numbers are bounded too, because a reader must be able to hold them.
 */
final class JsonRules {
    static final String VALUE = "json-value";
    static final String OBJECT = "json-object";
    static final String ARRAY = "json-array";
    static final String STRING = "json-string";
    static final String NUMBER = "json-number";
    static final String INTEGER = "json-integer";
    static final String SPACE = "json-space";
    static final String CHAR = "json-char";

    /** What may follow in a key that is none of the known ones any more. */
    static final String KEY_REST = "json-key-rest";

    private static final String MEMBER = "json-member";

    /** Characters that a JSON string may contain without an escape. */
    static final CodePoints RAW =
            CodePoints.range(' ', Character.MAX_CODE_POINT).minus(CodePoints.ofAll("\"\\"));

    /** Deep enough for pretty-printed JSON. */
    private static final int MAX_SPACES = 32;

    private static final int MAX_TABS = 8;

    /** Keys that a model invents end, even if it would go on. */
    private static final int MAX_KEY = 64;

    /** A double is exact up to 15 digits. */
    static final int MAX_DIGITS = 15;

    static final CodePoints DIGITS = CodePoints.range('0', '9');
    private static final Expression DIGIT = new CharSet(DIGITS);
    private static final Expression HEX = new CharSet(
            CodePoints.union(java.util.List.of(DIGITS, CodePoints.range('a', 'f'), CodePoints.range('A', 'F'))));

    private JsonRules() {}

    static void addTo(GrammarBuilder builder, boolean compact) {
        Expression space = reference(SPACE);
        Expression value = reference(VALUE);
        Expression line = sequence(
                literal("\n"),
                choice(
                        repeat(new CharSet(CodePoints.of(' ')), 0, MAX_SPACES),
                        repeat(new CharSet(CodePoints.of('\t')), 1, MAX_TABS)));
        builder.rule(SPACE, compact ? Expression.EMPTY : optional(choice(literal(" "), line)))
                .rule(
                        VALUE,
                        choice(
                                reference(OBJECT),
                                reference(ARRAY),
                                reference(STRING),
                                reference(NUMBER),
                                literal("true"),
                                literal("false"),
                                literal("null")))
                .rule(
                        OBJECT,
                        sequence(
                                literal("{"),
                                space,
                                optional(sequence(
                                        reference(MEMBER),
                                        repeat(sequence(literal(","), space, reference(MEMBER)), 0, Repeat.UNBOUNDED),
                                        space)),
                                literal("}")))
                .rule(MEMBER, sequence(literal("\""), reference(KEY_REST), literal("\":"), space, value))
                .rule(KEY_REST, repeat(reference(CHAR), 0, MAX_KEY))
                .rule(
                        ARRAY,
                        sequence(
                                literal("["),
                                space,
                                optional(sequence(
                                        value,
                                        repeat(sequence(literal(","), space, value), 0, Repeat.UNBOUNDED),
                                        space)),
                                literal("]")))
                .rule(STRING, sequence(literal("\""), repeat(reference(CHAR), 0, Repeat.UNBOUNDED), literal("\"")))
                .rule(CHAR, choice(new CharSet(RAW), sequence(literal("\\"), escape())))
                .rule(INTEGER, choice(literal("0"), sequence(optional(literal("-")), positive())))
                .rule(
                        NUMBER,
                        sequence(
                                optional(literal("-")),
                                choice(literal("0"), positive()),
                                optional(sequence(literal("."), repeat(DIGIT, 1, MAX_DIGITS))),
                                // three digits would leave the range of a double
                                optional(sequence(
                                        new CharSet(CodePoints.ofAll("eE")),
                                        optional(new CharSet(CodePoints.ofAll("+-"))),
                                        repeat(DIGIT, 1, 2)))));
    }

    private static Expression positive() {
        return sequence(new CharSet(CodePoints.range('1', '9')), repeat(DIGIT, 0, MAX_DIGITS - 1));
    }

    /** What may follow a backslash. Escaped surrogates come in pairs. */
    private static Expression escape() {
        CodePoints hex = ((CharSet) HEX).codePoints();
        Expression d = new CharSet(CodePoints.ofAll("dD"));
        Expression other = new CharSet(hex.minus(CodePoints.ofAll("dD")));
        Expression high = new CharSet(CodePoints.ofAll("89abAB"));
        Expression low = new CharSet(CodePoints.ofAll("cdefCDEF"));
        Expression unicode = choice(
                sequence(other, HEX, HEX, HEX),
                sequence(
                        d,
                        choice(
                                sequence(new CharSet(CodePoints.range('0', '7')), HEX, HEX),
                                sequence(high, HEX, HEX, literal("\\u"), d, low, HEX, HEX))));
        return choice(new CharSet(CodePoints.ofAll("\"\\/bfnrt")), sequence(literal("u"), unicode));
    }
}
