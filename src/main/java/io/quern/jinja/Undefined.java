package io.quern.jinja;

/**
 * The value of something that does not exist. It is false and empty, and prints as nothing, but it has no attributes
 * and cannot be an operand.
 *
 * @param problem the error message if it is used in such a way
 */
record Undefined(String problem) {

    static Undefined of(String problem) {
        return new Undefined(problem);
    }

    TemplateError error() {
        return new TemplateError(problem);
    }

    /** Throws if the value is undefined. */
    static Object required(Object value) {
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        return value;
    }

    /** As in jinja2, all undefined values are equal. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Undefined;
    }

    @Override
    public int hashCode() {
        return 0;
    }
}
