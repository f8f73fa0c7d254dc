package io.quern.model.jinja;

/** An operation on values went wrong; whoever knows the line makes a {@link TemplateException} of it. */
final class TemplateError extends RuntimeException {
    private final TemplateException.Fault fault;

    TemplateError(String message) {
        this(TemplateException.Fault.TEMPLATE, message);
    }

    TemplateError(TemplateException.Fault fault, String message) {
        super(message, null, false, false);
        this.fault = fault;
    }

    TemplateException at(int line) {
        return new TemplateException(fault, line, getMessage());
    }
}
