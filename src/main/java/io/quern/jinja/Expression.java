package io.quern.jinja;

/** A parsed expression. Immutable; any number of threads may evaluate it. */
@FunctionalInterface
interface Expression {
    Object evaluate(Frame frame);
}
