package io.quern.libraries;

/** Reports that there are no usable llama.cpp libraries; the message says what to configure. */
public final class LlamaLibrariesException extends RuntimeException {
    LlamaLibrariesException(String message) {
        super(message);
    }
}
