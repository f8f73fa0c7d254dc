package io.quern.pool;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.TokenLogprob;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Receives the events of a leased request: accepted, then tokens, then finished; or failed, lost or left at any time.
 * The methods are called one at a time on the context with which the request was started, and never after the lease
 * was cancelled.
 */
public interface GenerationSink {

    /** The prompt is tokenised and fits. */
    void accepted(int promptTokens);

    /** Receives the log probabilities of the next tokens of the prompt, if the request asks for them. */
    default void promptLogprobs(List<TokenLogprob> logprobs) {}

    /**
     * The first token of the answer follows.
     *
     * @param tokens tokens of the prompt that the worker did not compute for this request
     */
    default void reused(int tokens) {}

    /**
     * Receives the output of one step: whole characters, possibly none, and the tokens that they come from.
     *
     * @param logprobs as in {@link GenerationEvent.Token}
     */
    void tokens(String text, List<Integer> tokens, List<TokenLogprob> logprobs);

    void finished(GenerationEvent.Finished finished);

    void failed(GenerationError error);

    /**
     * The worker has let the request go, so that it continues on a less busy one.
     *
     * @param next a slot of that worker, which the receiver starts or cancels
     * @param kept the state of the request, which the receiver closes
     */
    void left(Lease next, KeptState kept);

    /**
     * The worker was lost, and the lease with it.
     *
     * @param kept the state that it has left; the receiver closes it
     * @param cause completes on any thread when the end of the process is known, which may be never
     */
    void lost(GenerationError.WorkerLost error, KeptState kept, CompletionStage<LossCause> cause);
}
