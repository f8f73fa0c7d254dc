package io.quern.jinja;

/** A function, macro or bound method. */
@FunctionalInterface
interface Callable {
    Object call(Rendering rendering, Arguments arguments);
}
