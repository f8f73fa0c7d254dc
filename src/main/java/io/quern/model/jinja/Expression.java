package io.quern.model.jinja;

/** A parsed expression. Immutable; may be evaluated by several threads, each with its own interpreter. */
@FunctionalInterface
interface Expression {
    Object evaluate(PromptInterpreter interpreter);
}
