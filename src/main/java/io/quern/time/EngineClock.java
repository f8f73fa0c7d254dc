package io.quern.time;

import java.time.InstantSource;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;

/**
 * The time that the engine goes by. {@link #instant} is the time of day, which people and files are shown; it may be set back.
 * {@link #nanos} is for durations. Safe for use by several threads.
 */
public interface EngineClock extends InstantSource {

    /** Nanoseconds that only ever rise, from no particular origin, like {@link System#nanoTime}. */
    long nanos();

    /**
     * One thread for tasks that run now or after a delay by this clock. Whoever asks for it shuts it down; tasks whose delay is not
     * over by then never run.
     */
    ScheduledExecutorService scheduler(ThreadFactory thread);

    /** The machine's own clock. */
    static EngineClock system() {
        return SystemClock.INSTANCE;
    }
}
