package io.quern.jinja;

/** The pieces of a template. A piece's line is the one on which it begins, counted from 1. */
sealed interface Piece {
    int line();

    /** Text that is output unchanged. */
    record Literal(String text, int line) implements Piece {}

    /** An expression between double braces. */
    record Print(String expression, int line) implements Piece {}

    /** A tag between brace and percent sign: a word and what follows it. */
    record Tag(String name, String rest, int line) implements Piece {}
}
