package io.quern.jinja;

/** A parsed expression. Immutable; evaluated by any number of threads. */
@FunctionalInterface
interface Expression {
    Object evaluate(Frame frame);
}
