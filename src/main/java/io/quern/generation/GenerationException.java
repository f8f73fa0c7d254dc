package io.quern.generation;

/**
 * Carries a {@link GenerationError} where only an exception fits. It has no stack trace, because it is an answer and
 * not a defect.
 */
public class GenerationException extends RuntimeException {
    private final transient GenerationError error;

    public GenerationException(GenerationError error) {
        super(error.message(), null, false, false);
        this.error = error;
    }

    public GenerationError error() {
        return error;
    }
}
