package io.quern.time;

import java.time.InstantSource;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;

/**
 * The clock of the engine. {@link #instant} is the time of day for people and files, and it may be set back. {@link
 * #nanos} is for durations. Thread-safe.
 */
public interface EngineClock extends InstantSource {

    /** Returns nanoseconds that never decrease. Their origin is arbitrary, as with {@link System#nanoTime}. */
    long nanos();

    /**
     * Starts a thread that runs tasks at once or after a delay by this clock. The caller shuts it down. Tasks that
     * are still delayed by then never run.
     */
    ScheduledExecutorService scheduler(ThreadFactory thread);

    /** Returns the clock of the machine. */
    static EngineClock system() {
        return SystemClock.INSTANCE;
    }
}
