package io.quern.openai;

/** The client reset its stream or closed its connection before its request was whole: nobody reads an answer. */
final class ClientLeftException extends RuntimeException {
    ClientLeftException(Throwable cause) {
        super(cause.getMessage(), cause, false, false);
    }
}
