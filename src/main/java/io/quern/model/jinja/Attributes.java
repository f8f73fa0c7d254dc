package io.quern.model.jinja;

/** An object of ours with attributes: {@code loop}, a namespace. */
interface Attributes {

    /** Null where it has no such attribute. */
    Object attribute(String name);
}
