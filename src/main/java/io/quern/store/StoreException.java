package io.quern.store;

import org.jspecify.annotations.Nullable;

/**
 * A model cannot be found, downloaded, listed or removed. The message is written for a person at a terminal: it says
 * what happened, why, and what to do. It never contains a token.
 */
public final class StoreException extends RuntimeException {
    private final StoreProblem problem;

    StoreException(StoreProblem problem, String message) {
        this(problem, message, null);
    }

    StoreException(StoreProblem problem, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.problem = problem;
    }

    public StoreProblem problem() {
        return problem;
    }

    /** Reports that no quantisation fits into the memory of this machine. */
    public static StoreException tooLarge(String message) {
        return new StoreException(StoreProblem.TOO_LARGE, message);
    }

    /** Reports that the header of a file is not the one of a model. */
    public static StoreException notAModel(String message, Throwable cause) {
        return new StoreException(StoreProblem.NOT_A_MODEL, message, cause);
    }
}
