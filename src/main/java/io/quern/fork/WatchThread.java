package io.quern.fork;

import io.quern.threads.EngineThreads;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/** Has a launcher looked at several times a second, on a thread of its own, until it is gone. */
final class WatchThread {
    /** Between two looks. */
    private static final Duration PERIOD = Duration.ofMillis(250);

    /** Between two looks, where the engine was stopped or the machine slept. */
    private static final Duration LATE = Duration.ofSeconds(2);

    private WatchThread() {}

    /**
     * @param gone ends the thread
     * @param look is given the time ({@link System#nanoTime})
     */
    static void start(LauncherWatch watch, BooleanSupplier gone, LongConsumer look) {
        EngineThreads.daemon("quern-launcher-watch").start(() -> {
            long last = System.nanoTime();
            while (!gone.getAsBoolean()) {
                LockSupport.parkNanos(PERIOD.toNanos());
                long now = System.nanoTime();
                if (now - last > LATE.toNanos()) {
                    // we have slept ourselves: what it said meanwhile is not read yet
                    watch.heard(now);
                }
                last = now;
                look.accept(now);
            }
        });
    }
}
