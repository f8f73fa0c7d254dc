package io.quern.model.jinja;

import com.hubspot.jinjava.interpret.InterpretException;

/** A template cannot be read or rendered. The message is one sentence without the line. */
public final class TemplateException extends InterpretException {

    public enum Fault {
        /** The template itself says the input is not for it: {@code raise_exception}. */
        RAISED,
        /** The template is wrong, or uses what is not supported. */
        TEMPLATE,
        /** It took too long or became too large. */
        LIMIT
    }

    private static final int MAX_MESSAGE = 500;

    private final Fault fault;
    private final int line;

    TemplateException(Fault fault, int line, String message) {
        super(cut(message), line);
        this.fault = fault;
        this.line = line;
    }

    /** A message may quote what the template or the conversation holds. */
    private static String cut(String message) {
        return message == null || message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE) + "...";
    }

    public Fault fault() {
        return fault;
    }

    /** Counted from 1. */
    public int line() {
        return line;
    }
}
