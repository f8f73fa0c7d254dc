package io.quern.model.jinja;

/**
 * What an unknown name stands for: false, empty, printed as nothing; but it has no attributes and cannot be calculated with.
 *
 * @param what for messages, such as {@code 'tools'} or {@code attribute 'name'}
 */
record Undefined(String what) {

    TemplateError error() {
        return new TemplateError(what + " is undefined");
    }

    @Override
    public String toString() {
        return "";
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
