package io.quern.jinja;

import org.jspecify.annotations.Nullable;

/** The implementation of a method; arguments that are not given are null. */
@FunctionalInterface
interface Method<T> {
    Object call(T self, @Nullable Object[] given, Budget budget);

    /** Returns the method bound to its object; it checks its arguments. */
    static <T> Callable bound(Signature signature, Method<T> method, T self) {
        return (rendering, arguments) -> method.call(self, signature.bind(arguments), rendering.budget());
    }
}
