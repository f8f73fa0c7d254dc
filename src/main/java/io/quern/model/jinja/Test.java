package io.quern.model.jinja;

/** What stands behind {@code is}. */
@FunctionalInterface
interface Test {
    boolean holds(Object value, Arguments arguments);
}
