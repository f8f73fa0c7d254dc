package io.quern.admission;

import java.time.Duration;

/** Runs tasks after a delay. Thread-safe. */
interface Timers {
    /** A task that will run, unless it is cancelled. */
    interface Timer {
        /** A timer without a task. */
        Timer NONE = () -> {};

        /** Cancels the task. Has no effect once the time is up. */
        void cancel();
    }

    /** Runs the task once, on any thread. The task must not block. */
    Timer after(Duration delay, Runnable task);
}
