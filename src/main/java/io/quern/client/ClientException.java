package io.quern.client;

import io.quern.text.Printable;
import org.jspecify.annotations.Nullable;

/** A request to a service failed. The message says for people what happened, and what to do if that is known. */
public final class ClientException extends Exception {
    /** What failed, for programs and for counting. */
    public enum Kind {
        /** There is no connection to the service. */
        UNREACHABLE,
        /** The service refused the key, or wants one. */
        UNAUTHORIZED,
        /** The service answered with another error. */
        REFUSED,
        /** The answer ended with an error event, or before its end. */
        BROKEN,
        /** The service sent nothing for too long. */
        SILENT,
        /** The caller cancelled the request. */
        CANCELLED,
        /** The service does not speak the OpenAI API. */
        NOT_UNDERSTOOD
    }

    private final String text;
    private final Kind kind;
    private final int status;

    ClientException(Kind kind, int status, String message, @Nullable Throwable cause) {
        super(Printable.lines(message), cause);
        this.text = Printable.lines(message);
        this.kind = kind;
        this.status = status;
    }

    ClientException(Kind kind, String message) {
        this(kind, 0, message, null);
    }

    /** Returns the message. */
    public String text() {
        return text;
    }

    public Kind kind() {
        return kind;
    }

    /** Returns the HTTP status, or 0 if there was none or it was 200. */
    public int status() {
        return status;
    }
}
