package io.quern.model.jinja;

/** What stands behind a pipe. */
@FunctionalInterface
interface Filter {
    Object apply(PromptInterpreter interpreter, Object value, Arguments arguments);
}
