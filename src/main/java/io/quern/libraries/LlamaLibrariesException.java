package io.quern.libraries;

/** There are no llama.cpp libraries to start a worker with; the message says what to configure. */
public final class LlamaLibrariesException extends RuntimeException {
    LlamaLibrariesException(String message) {
        super(message);
    }
}
