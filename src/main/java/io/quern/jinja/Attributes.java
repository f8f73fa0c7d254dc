package io.quern.jinja;

import org.jspecify.annotations.Nullable;

/** An object of ours with attributes: {@code loop}, a namespace, a macro. */
interface Attributes {

    /** Null where it has no such attribute. */
    @Nullable
    Object attribute(String name);
}
