package io.quern.jinja;

import org.jspecify.annotations.Nullable;

/** An object of this package that has attributes: {@code loop}, a namespace, a macro. */
interface Attributes {

    /** Returns null if it has no such attribute. */
    @Nullable
    Object attribute(String name);
}
