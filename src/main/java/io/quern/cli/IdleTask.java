package io.quern.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Something that an engine without requests does once. One thread calls all methods, except those of {@link Run}.
 *
 * @param <R> its result
 */
interface IdleTask<R> {

    enum Need {
        /** It can start. */
        START,
        /** Perhaps later: its model was not loaded yet, or there is no memory. */
        WAIT,
        /** Never: its result is known, or would change nothing. */
        NOTHING
    }

    /** A task that runs. */
    interface Run<R> {
        CompletionStage<R> result();

        /** Ends it, so that the result fails. Never blocks; any thread may call this. */
        void stop();
    }

    /** Returns how long the engine must be idle first. */
    IdlePace pace();

    /** Returns how long it may take. */
    Duration limit();

    /** Returns what is to be done with it now. May read files. */
    Need need();

    /**
     * Starts it. Never blocks for long.
     *
     * @throws IOException if its result could not be kept
     */
    Run<R> start() throws IOException;

    /** It has ended. */
    void succeeded(R result);

    /** A request has ended it. It starts again later. */
    void gaveWay();

    /** It was ended, because it took longer than its limit. */
    void overdue();

    /** It could not start, or has failed. */
    void failed(Throwable cause);
}
