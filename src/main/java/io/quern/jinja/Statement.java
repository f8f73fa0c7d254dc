package io.quern.jinja;

/** A parsed part of a template. Immutable; any number of threads may render it. */
interface Statement {
    /** Says how rendering continues after a statement. */
    enum Flow {
        NEXT,
        CONTINUE,
        BREAK
    }

    /** Returns the line on which it begins, counted from 1. */
    int line();

    /**
     * Appends its output.
     *
     * @throws TemplateError if an operation fails; the caller knows the line
     */
    Flow render(Frame frame, Output out);
}
