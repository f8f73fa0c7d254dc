package io.quern.jinja;

/**
 * What stands for something that is not there: false, empty, printed as nothing; but it has no attributes, and nothing can be calculated
 * with it.
 *
 * @param problem what such a use is answered with
 */
record Undefined(String problem) {

    static Undefined of(String problem) {
        return new Undefined(problem);
    }

    TemplateError error() {
        return new TemplateError(problem);
    }

    /** Throws if the value is one. */
    static Object required(Object value) {
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        return value;
    }

    /** As in jinja2, where one undefined is as good as another. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Undefined;
    }

    @Override
    public int hashCode() {
        return 0;
    }
}
