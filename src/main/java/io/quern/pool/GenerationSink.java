package io.quern.pool;

import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.Usage;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Receives the events of a leased request: accepted, then tokens, then finished; or failed at any time. The methods
 * are called one at a time on the context with which the request was started, and never after the lease was
 * cancelled.
 */
public interface GenerationSink {

    /** The prompt is tokenised and fits. */
    void accepted(int promptTokens);

    /** Receives the output of one step: whole characters, possibly none, and the tokens that they come from. */
    void tokens(String text, List<Integer> tokens);

    void finished(FinishReason reason, Usage usage);

    void failed(GenerationError error);

    /**
     * The worker was lost, and the lease with it.
     *
     * @param kept the state that it has left; the receiver closes it
     * @param cause completes on any thread when the end of the process is known, which may be never
     */
    void lost(GenerationError.WorkerLost error, KeptState kept, CompletionStage<LossCause> cause);
}
