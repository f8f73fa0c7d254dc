package io.quern.jinja;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A template cannot be parsed or rendered. The message is one sentence without the line. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What caused the failure. */
    public enum Fault {
        /** The template itself refuses the input, with {@code raise_exception}. */
        RAISED,
        /** The template is wrong, or uses something that is not supported. */
        TEMPLATE,
        /** The template exceeded one of its limits. */
        LIMIT
    }

    /** Which of the {@link Limits} was exceeded. */
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

    /** Shortens the message, which may quote the template or the conversation. */
    private static String cut(String message) {
        return message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE) + "...";
    }

    /** Returns what caused the failure. */
    public Fault fault() {
        return fault;
    }

    /**
     * Returns the limit; empty unless the fault is {@link Fault#LIMIT}, and also if the thread's stack was exhausted.
     */
    public Optional<Limit> limit() {
        return Optional.ofNullable(limit);
    }

    /** Returns the line of the template, counted from 1. */
    public int line() {
        return line;
    }
}
