package io.quern.quantize;

import org.jspecify.annotations.Nullable;

/** A file could not be quantised or compared. The message says what happened and what to do. */
public final class QuantizeException extends RuntimeException {
    /** The kind of the problem. */
    public enum Problem {
        /** The command asks for what makes no sense. */
        USAGE,
        /** The disk or the memory is too small. */
        NO_ROOM,
        /** llama.cpp refuses the source. */
        SOURCE,
        /** Anything else. */
        FAILED
    }

    private final Problem problem;

    public QuantizeException(Problem problem, String message) {
        this(problem, message, null);
    }

    public QuantizeException(Problem problem, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }
}
