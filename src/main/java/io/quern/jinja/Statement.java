package io.quern.jinja;

/** A parsed part of a template. Immutable; rendered by any number of threads. */
interface Statement {
    /** How rendering goes on behind a statement. */
    enum Flow {
        NEXT,
        CONTINUE,
        BREAK
    }

    /** Counted from 1. */
    int line();

    /**
     * Appends what it makes.
     *
     * @throws TemplateError if an operation goes wrong; whoever calls knows the line
     */
    Flow render(Frame frame, Output out);
}
