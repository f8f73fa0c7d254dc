package io.quern.grammar;

/**
 * Limits of one grammar, and of the work to make it.
 *
 * @param bytes of a grammar in GBNF, as UTF-8
 * @param rules of a grammar, including those that llama.cpp makes of groups and repetitions
 * @param depth of nested groups in a grammar or regular expression, and of nested JSON values in a schema
 * @param repetitions of one expression, or elements and properties that a schema may ask for
 * @param alternatives that may be open at one place of the text
 * @param steps for compilation and checks; most schemas take a few thousand
 */
public record GrammarLimits(int bytes, int rules, int depth, int repetitions, int alternatives, int steps) {
    public static final GrammarLimits DEFAULT = new GrammarLimits(1 << 20, 20_000, 64, 2000, 1000, 2_000_000);
}
