package io.quern.pool;

import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.Usage;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Hears what becomes of a leased request: accepted, then tokens, then finished; or failed at any time. Called on the
 * context that the request was started with, one call at a time; never after the lease was cancelled.
 */
public interface GenerationSink {

    /** The prompt is tokenised and fits. */
    void accepted(int promptTokens);

    /** One step's worth: whole characters, possibly none, and the tokens they came from. */
    void tokens(String text, List<Integer> tokens);

    void finished(FinishReason reason, Usage usage);

    void failed(GenerationError error);

    /**
     * The worker is gone, and the lease with it.
     *
     * @param kept what it has left; to be closed
     * @param cause completes on any thread once the process's end is known, which may be never
     */
    void lost(GenerationError.WorkerLost error, KeptState kept, CompletionStage<LossCause> cause);
}
