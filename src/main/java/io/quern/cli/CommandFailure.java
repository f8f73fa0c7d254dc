package io.quern.cli;

import org.jspecify.annotations.Nullable;

/**
 * Ends a command with a message for its user, which says what happened, why, and what to do. The message is printed on
 * standard error, the stack trace only with {@code --debug}.
 */
final class CommandFailure extends RuntimeException {
    private final ExitCode exitCode;

    CommandFailure(ExitCode exitCode, String message) {
        this(exitCode, message, null);
    }

    CommandFailure(ExitCode exitCode, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    ExitCode exitCode() {
        return exitCode;
    }
}
