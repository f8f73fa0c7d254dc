package io.quern.fork;

import io.quern.threads.EngineThreads;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/** Checks a launcher several times a second, on its own thread, until it is gone. */
final class WatchThread {
    /** Time between two checks. */
    private static final Duration PERIOD = Duration.ofMillis(250);

    /** A longer time between two checks means that the engine was stopped or the machine slept. */
    private static final Duration LATE = Duration.ofSeconds(2);

    private WatchThread() {}

    /**
     * @param gone ends the thread
     * @param look checks the launcher at the given time ({@link System#nanoTime})
     */
    static void start(LauncherWatch watch, BooleanSupplier gone, LongConsumer look) {
        EngineThreads.daemon("quern-launcher-watch").start(() -> {
            long last = System.nanoTime();
            while (!gone.getAsBoolean()) {
                LockSupport.parkNanos(PERIOD.toNanos());
                long now = System.nanoTime();
                if (now - last > LATE.toNanos()) {
                    // this process was suspended: messages may be waiting unread
                    watch.heard(now);
                }
                last = now;
                look.accept(now);
            }
        });
    }
}
