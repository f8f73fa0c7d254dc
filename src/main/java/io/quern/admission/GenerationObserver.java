package io.quern.admission;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.Usage;
import java.time.Duration;

/** Told of every request's steps, for metrics. Called on event loops: must not block or throw. */
public interface GenerationObserver {

    /** A slot was leased after this wait. */
    default void leased(Duration waited) {}

    /** The worker took the prompt. */
    default void accepted(int promptTokens) {}

    /** The first token came, this long after the request was submitted. */
    default void firstToken(Duration sinceSubmitted) {}

    /** Further tokens came in one step, this long after the ones before. */
    default void tokens(int count, Duration sinceLast) {}

    /**
     * The worker it ran on was lost; it goes on elsewhere.
     *
     * @param delivered tokens by then
     * @param alone whether no other request may be beside it, since it may be what its workers end of
     */
    default void moved(String request, int lostWorker, int delivered, boolean alone) {}

    /** The request is over, this long after it was submitted. */
    default void finished(GenerationEvent.Finished finished, Duration sinceSubmitted) {}

    /** The request is over without an answer, or in the middle of one. */
    default void failed(GenerationError error, Usage soFar) {}
}
