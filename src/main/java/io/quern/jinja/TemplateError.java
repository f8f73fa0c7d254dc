package io.quern.jinja;

import io.quern.jinja.TemplateException.Fault;
import io.quern.jinja.TemplateException.Limit;
import org.jspecify.annotations.Nullable;

/**
 * An operation on values went wrong. The statement that it belongs to makes a {@link TemplateException} of it, with its
 * line.
 */
final class TemplateError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Fault fault;
    private final @Nullable Limit limit;

    TemplateError(String message) {
        this(Fault.TEMPLATE, null, message);
    }

    TemplateError(Limit limit, String message) {
        this(Fault.LIMIT, limit, message);
    }

    private TemplateError(Fault fault, @Nullable Limit limit, String message) {
        super(message, null, false, false);
        this.fault = fault;
        this.limit = limit;
    }

    /** jinja2 has it, this room does not. */
    static TemplateError unsupported(String what) {
        return new TemplateError(what + " is not supported");
    }

    /** The template itself refuses. */
    static TemplateError raised(String message) {
        return new TemplateError(Fault.RAISED, null, message);
    }

    TemplateException at(int line) {
        return new TemplateException(fault, limit, line, String.valueOf(getMessage()));
    }
}
