package io.quern.files;

import java.io.IOException;

/**
 * Another user could have changed a file. The message names the file and the reason; {@link #remedy} says what to do.
 */
public final class UntrustedFileException extends IOException {
    private final String remedy;

    UntrustedFileException(String problem, String remedy) {
        super(problem);
        this.remedy = remedy;
    }

    /** Returns one sentence without a full stop, such as "Run: chmod go-w /x". */
    public String remedy() {
        return remedy;
    }

    /** Returns the problem and what to do about it. */
    public String text() {
        return getMessage() + ". " + remedy + ".";
    }
}
