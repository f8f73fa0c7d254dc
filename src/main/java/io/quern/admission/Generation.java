package io.quern.admission;

import io.quern.generation.GenerationEvent;
import io.smallrye.mutiny.Multi;
import java.util.List;

/**
 * A request that a worker has accepted: its prompt is tokenised and fits.
 *
 * @param id the id of the request
 * @param promptTokens the length of the prompt
 * @param events the events of the generation, in batches, for one subscriber. The stream ends with Finished or Failed
 *     and then completes; it never fails by itself. Items come on the event loop on which the request was submitted.
 *     Without demand, tokens are merged up to the configured bound; beyond it the stream ends with
 *     Failed(SlowReader). Cancelling frees the slot within one step.
 */
public record Generation(String id, int promptTokens, Multi<List<GenerationEvent>> events) {}
