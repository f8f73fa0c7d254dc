package io.quern.jinja;

import org.jspecify.annotations.Nullable;

/** What a method does; arguments that are not given are null. */
@FunctionalInterface
interface Method<T> {
    Object call(T self, @Nullable Object[] given, Budget budget);

    /** Bound to its object, its arguments checked. */
    static <T> Callable bound(Signature signature, Method<T> method, T self) {
        return (rendering, arguments) -> method.call(self, signature.bind(arguments), rendering.budget());
    }
}
