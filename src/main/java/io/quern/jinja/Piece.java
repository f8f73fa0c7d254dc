package io.quern.jinja;

/** What the lexer cuts a template into. Lines count from 1 and are those where a piece begins. */
sealed interface Piece {
    int line();

    /** Goes out as it stands. */
    record Literal(String text, int line) implements Piece {}

    /** Between double braces. */
    record Print(String expression, int line) implements Piece {}

    /** Between brace and percent: a word and what stands behind it. */
    record Tag(String name, String rest, int line) implements Piece {}
}
