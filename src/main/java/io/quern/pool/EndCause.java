package io.quern.pool;

import java.util.Optional;

/** Why a life of a worker ended, as far as is known. */
sealed interface EndCause {

    /** In words, for people. */
    String text();

    /** What native code asserted at the end, if it did. */
    default Optional<String> assertion() {
        return Optional.empty();
    }

    /** Whether every other start would end like this one. */
    default boolean hopeless() {
        return false;
    }

    /** No process came of it. */
    record NotStarted(String text, Optional<String> assertion) implements EndCause {}

    /**
     * The worker said it itself, before it ended.
     *
     * @param hopeless whether it said that no start can load the model
     */
    record Said(String text, boolean hopeless, Optional<String> assertion) implements EndCause {}

    /**
     * Its connection is gone.
     *
     * @param peerGone whether the worker's end of it went first: how its process ends may say why
     */
    record ConnectionEnded(String text, boolean peerGone) implements EndCause {}

    /** Its process is gone. */
    record ProcessEnded(String text, Optional<String> assertion) implements EndCause {}

    /** It did not move, so this engine ends it. */
    record Stuck(String text) implements EndCause {}
}
