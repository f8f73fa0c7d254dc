package io.quern.admission;

import io.quern.generation.GenerationEvent;
import io.smallrye.mutiny.Multi;
import java.util.List;

/**
 * A request that a worker has accepted: its prompt is tokenised and fits.
 *
 * @param id the request's id
 * @param promptTokens length of the prompt
 * @param events what the worker says, in batches that belong together; ends with Finished or Failed and then completes (it
 *     never fails by itself). One subscriber. Items come on the event loop the request was submitted on, as demand allows:
 *     without demand tokens are merged up to the configured bound, beyond it the stream ends with Failed(SlowReader).
 *     Cancelling frees the slot within one step.
 */
public record Generation(String id, int promptTokens, Multi<List<GenerationEvent>> events) {}
