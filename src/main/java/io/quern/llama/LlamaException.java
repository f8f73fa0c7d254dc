package io.quern.llama;

/** llama.cpp refused or failed. The message is meant for the operator: what was found, what was expected, what to do. */
public final class LlamaException extends RuntimeException {

    /** What was being done. */
    public enum Kind {
        /** The folder does not hold the native libraries, or they cannot be opened on this machine. */
        LIBRARY,
        /** The libraries are of another version than this binding is made for. */
        VERSION,
        /** The file holds no model that this version can run; another try ends alike. */
        MODEL,
        /** The model could not be loaded this time: its file was not there or not readable, or memory was short. */
        LOAD,
        /** The context could not be made, most often for want of memory. */
        CONTEXT,
        /** A batch could not be decoded. */
        DECODE,
        /** A text could not be tokenised. */
        TOKENIZE
    }

    private final Kind kind;

    public LlamaException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public LlamaException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
