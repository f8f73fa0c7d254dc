package io.quern.jinja;

import org.jspecify.annotations.Nullable;

/** What stands behind a pipe, or behind {@code is}. */
@FunctionalInterface
interface Filter {
    Object apply(Rendering rendering, Object value, Arguments arguments);

    /** What the filter does with a value; arguments that are not given are null. */
    @FunctionalInterface
    interface Plain {
        Object apply(Object value, @Nullable Object[] given, Budget budget);
    }

    /** With its arguments checked. */
    static Filter of(Signature signature, Plain plain) {
        return (rendering, value, arguments) -> plain.apply(value, signature.bind(arguments), rendering.budget());
    }
}
