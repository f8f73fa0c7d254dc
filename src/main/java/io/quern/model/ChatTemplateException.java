package io.quern.model;

/** A conversation could not be made a prompt. The message names the template's line and is fit for the client. */
public final class ChatTemplateException extends RuntimeException {

    public enum Kind {
        /** The request's fault: the template refuses such a conversation. */
        REFUSED,
        /** The template's fault, or ours. */
        FAILED
    }

    private final Kind kind;
    private final int line;

    public ChatTemplateException(Kind kind, int line, String message) {
        super(message, null, false, false);
        this.kind = kind;
        this.line = line;
    }

    public Kind kind() {
        return kind;
    }

    /** Of the template, counted from 1; 0 where no line is to blame. */
    public int line() {
        return line;
    }
}
