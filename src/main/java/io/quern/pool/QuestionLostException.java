package io.quern.pool;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationException;
import java.util.concurrent.CompletionStage;

/** Says that a worker was lost before it had answered a question. */
public final class QuestionLostException extends GenerationException {
    private final transient GenerationError.WorkerLost loss;
    private final transient boolean alone;
    private final transient CompletionStage<LossCause> cause;

    /**
     * Creates the exception.
     *
     * @param alone whether the worker ran no requests
     * @param cause completes on any thread when the engine knows why the worker was lost
     */
    QuestionLostException(GenerationError.WorkerLost loss, boolean alone, CompletionStage<LossCause> cause) {
        super(loss);
        this.loss = loss;
        this.alone = alone;
        this.cause = cause;
    }

    public GenerationError.WorkerLost loss() {
        return loss;
    }

    /** Returns whether the worker ran no requests, which could have caused the loss as well. */
    public boolean alone() {
        return alone;
    }

    /** Returns a stage that completes on any thread when the engine knows why the worker was lost. */
    public CompletionStage<LossCause> lossCause() {
        return cause;
    }
}
