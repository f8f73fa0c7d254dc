package io.quern.model;

/**
 * A conversation could not be turned into a prompt. The message names the template's line and may be shown to the
 * client.
 */
public final class ChatTemplateException extends RuntimeException {

    public enum Kind {
        /** The request is wrong: the template refuses such a conversation. */
        REFUSED,
        /** The template, or its implementation here, is wrong. */
        FAILED
    }

    private final Kind kind;
    private final int line;
    private final boolean late;

    public ChatTemplateException(Kind kind, int line, String message) {
        this(kind, line, message, false);
    }

    /** @param late whether the template had too little time, which says nothing about what it can do */
    ChatTemplateException(Kind kind, int line, String message, boolean late) {
        super(message, null, false, false);
        this.kind = kind;
        this.line = line;
        this.late = late;
    }

    /** Returns the same problem as one of the request. */
    ChatTemplateException causedByRequest() {
        return late ? this : new ChatTemplateException(Kind.REFUSED, line, String.valueOf(getMessage()));
    }

    /** Returns whether the template had too little time, so that the same rendering may succeed later. */
    boolean isLate() {
        return late;
    }

    public Kind kind() {
        return kind;
    }

    /** Returns the line of the template, counted from 1, or 0 if no line is at fault. */
    public int line() {
        return line;
    }
}
