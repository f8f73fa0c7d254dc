package io.quern.model.jinja;

/** A function, macro or bound method. */
@FunctionalInterface
interface Callable {
    Object call(PromptInterpreter interpreter, Arguments arguments);
}
