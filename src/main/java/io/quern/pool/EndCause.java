package io.quern.pool;

import java.util.Optional;

/** The reason why a life of a worker ended, as far as the engine knows. */
sealed interface EndCause {

    /** The cause as text for people. */
    String text();

    /** The assertion of native code that ended the process, if there was one. */
    default Optional<String> assertion() {
        return Optional.empty();
    }

    /** Returns whether every other start would fail the same way. */
    default boolean hopeless() {
        return false;
    }

    /** No process was started. */
    record NotStarted(String text, Optional<String> assertion) implements EndCause {}

    /**
     * The worker reported the cause itself before it ended.
     *
     * @param hopeless whether it reported that no start can load the model
     */
    record Said(String text, boolean hopeless, Optional<String> assertion) implements EndCause {}

    /**
     * Its connection ended.
     *
     * @param peerGone whether the worker's end closed first; the end of its process may then explain why
     */
    record ConnectionEnded(String text, boolean peerGone) implements EndCause {}

    /** Its process ended. */
    record ProcessEnded(String text, Optional<String> assertion) implements EndCause {}

    /** The worker stopped responding, so the engine ends it. */
    record Stuck(String text) implements EndCause {}

    /** Somebody has stopped its process (SIGSTOP), so the engine ends it. */
    record Stopped(String text) implements EndCause {}
}
