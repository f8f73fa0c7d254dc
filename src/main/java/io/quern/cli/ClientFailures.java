package io.quern.cli;

import io.quern.client.ClientException;

/** Ends commands whose service failed. */
final class ClientFailures {
    private static final int NOT_FOUND = 404;

    private ClientFailures() {}

    static CommandFailure failure(ClientException why) {
        return new CommandFailure(exitCode(why), why.getMessage(), why);
    }

    static ExitCode exitCode(ClientException why) {
        return switch (why.kind()) {
            case UNREACHABLE, BROKEN, SILENT -> ExitCode.UNREACHABLE;
            case UNAUTHORIZED -> ExitCode.NOT_ALLOWED;
            case REFUSED -> why.status() == NOT_FOUND ? ExitCode.NOT_FOUND : ExitCode.FAILED;
            case NOT_UNDERSTOOD -> ExitCode.FAILED;
            case CANCELLED -> ExitCode.INTERRUPTED;
        };
    }
}
