package io.quern.llama;

/** llama.cpp refused or failed. The message is for the operator: what was found, what was expected, what to do. */
public final class LlamaException extends RuntimeException {

    /** The operation that failed. */
    public enum Kind {
        /** The folder does not contain the native libraries, or they cannot be opened on this machine. */
        LIBRARY,
        /** The libraries have another version than this binding requires. */
        VERSION,
        /** The file contains no model that this version can run. Another attempt would fail too. */
        MODEL,
        /**
         * The model could not be loaded this time: its file was missing or unreadable, or there was not enough memory.
         */
        LOAD,
        /** The context could not be created, most often for lack of memory. */
        CONTEXT,
        /** A batch could not be decoded. */
        DECODE,
        /** A file could not be quantised. */
        QUANTIZE,
        /** A text could not be tokenised. */
        TOKENIZE,
        /** A grammar could not be read. */
        GRAMMAR,
        /** No token is left with which the answer could continue. */
        NO_TOKEN
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
