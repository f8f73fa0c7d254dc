package io.quern.jinja;

import io.quern.jinja.TemplateException.Fault;
import io.quern.jinja.TemplateException.Limit;
import org.jspecify.annotations.Nullable;

/** An operation on values failed. The enclosing statement turns it into a {@link TemplateException} with its line. */
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

    /** Reports a feature of jinja2 that is not implemented here. */
    static TemplateError unsupported(String what) {
        return new TemplateError(what + " is not supported");
    }

    /** Reports that the template itself refuses its input. */
    static TemplateError raised(String message) {
        return new TemplateError(Fault.RAISED, null, message);
    }

    TemplateException at(int line) {
        return new TemplateException(fault, limit, line, String.valueOf(getMessage()));
    }
}
