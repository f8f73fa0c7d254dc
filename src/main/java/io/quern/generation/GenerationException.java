package io.quern.generation;

/** Carries a {@link GenerationError} where only an exception fits. No stack trace: it is an answer, not a defect. */
public final class GenerationException extends RuntimeException {
    private final transient GenerationError error;

    public GenerationException(GenerationError error) {
        super(error.message(), null, false, false);
        this.error = error;
    }

    public GenerationError error() {
        return error;
    }
}
