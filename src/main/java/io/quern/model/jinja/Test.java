package io.quern.model.jinja;

/** What stands behind {@code is}. */
@FunctionalInterface
interface Test {
    boolean holds(Budget budget, Object value, Arguments arguments);
}
