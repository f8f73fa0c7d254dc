package io.quern.admission;

import java.time.Duration;

/** What happens to requests after a while. Safe for use by several threads. */
interface Timers {
    /** Something that will happen, unless it is cancelled. */
    interface Timer {
        /** Nothing will. */
        Timer NONE = () -> {};

        /** Has no effect once the time is up. */
        void cancel();
    }

    /** Runs the task once, on any thread; it must not block. */
    Timer after(Duration delay, Runnable task);
}
