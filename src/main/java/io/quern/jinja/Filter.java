package io.quern.jinja;

import org.jspecify.annotations.Nullable;

/** A filter (after a pipe) or a test (after {@code is}). */
@FunctionalInterface
interface Filter {
    Object apply(Rendering rendering, Object value, Arguments arguments);

    /** A filter applied to a value and checked arguments; arguments that are not given are null. */
    @FunctionalInterface
    interface Plain {
        Object apply(Object value, @Nullable Object[] given, Budget budget);
    }

    /** Returns a filter that checks its arguments first. */
    static Filter of(Signature signature, Plain plain) {
        return (rendering, value, arguments) -> plain.apply(value, signature.bind(arguments), rendering.budget());
    }
}
