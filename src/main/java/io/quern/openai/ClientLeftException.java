package io.quern.openai;

/**
 * Reports that the client reset its stream or closed its connection before its request was complete. Nobody reads an
 * answer.
 */
final class ClientLeftException extends RuntimeException {
    ClientLeftException(Throwable cause) {
        super(cause.getMessage(), cause, false, false);
    }
}
