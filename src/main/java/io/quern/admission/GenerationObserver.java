package io.quern.admission;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.Usage;
import java.time.Duration;

/** Is notified of the steps of every request, for metrics. Called on event loops: must not block or throw. */
public interface GenerationObserver {

    /** A request was submitted. It may still be refused. */
    default void submitted() {}

    /** A slot was leased after this wait. */
    default void leased(Duration waited) {}

    /** The worker accepted the prompt. */
    default void accepted(int promptTokens) {}

    /** The first token came, this long after the request was submitted. */
    default void firstToken(Duration sinceSubmitted) {}

    /** Further tokens came in one step, this long after the ones before. */
    default void tokens(int count, Duration sinceLast) {}

    /**
     * The worker was lost, and the request resumes on another one.
     *
     * @param delivered the tokens delivered so far
     * @param alone whether the request must be the only one on its next worker, because it may be what crashes
     *     workers
     */
    default void moved(String request, int lostWorker, int delivered, boolean alone) {}

    /** The request finished, this long after it was submitted. */
    default void finished(GenerationEvent.Finished finished, Duration sinceSubmitted) {}

    /** The request failed, before or after it had begun. */
    default void failed(GenerationError error, Usage soFar) {}
}
