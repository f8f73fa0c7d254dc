package io.quern.jinja;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A template cannot be read or rendered. The message is one sentence without the line. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Whose fault it is. */
    public enum Fault {
        /** The template itself says that the input is not for it: {@code raise_exception}. */
        RAISED,
        /** The template is wrong, or uses what is not supported. */
        TEMPLATE,
        /** It took too long or became too large. */
        LIMIT
    }

    /** Which of the {@link Limits} was reached. */
    public enum Limit {
        TIME,
        CHARACTERS,
        STEPS,
        BYTES
    }

    private static final int MAX_MESSAGE = 500;

    private final Fault fault;
    private final @Nullable Limit limit;
    private final int line;

    TemplateException(Fault fault, @Nullable Limit limit, int line, String message) {
        super(cut(message));
        this.fault = fault;
        this.limit = limit;
        this.line = line;
    }

    TemplateException(Fault fault, int line, String message) {
        this(fault, null, line, message);
    }

    /** A message may quote what the template or the conversation holds. */
    private static String cut(String message) {
        return message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE) + "...";
    }

    /** Whose fault it is. */
    public Fault fault() {
        return fault;
    }

    /** Empty unless the fault is {@link Fault#LIMIT}, and where what ended it is the thread's stack. */
    public Optional<Limit> limit() {
        return Optional.ofNullable(limit);
    }

    /** Counted from 1. */
    public int line() {
        return line;
    }
}
