package io.quern.jinja;

/** An object of ours with attributes: {@code loop}, a namespace, a macro. */
interface Attributes {

    /** Null where it has no such attribute. */
    Object attribute(String name);
}
