package io.quern.cli;

import io.quern.threads.EngineThreads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Ends the process after an error from which the engine cannot recover. Its thread starts before the engine boots,
 * since later the system may refuse another thread.
 */
final class EmergencyExit {
    /** Longest time for the orderly shutdown. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static volatile @Nullable EmergencyExit prepared;

    private final CountDownLatch asked = new CountDownLatch(1);
    private volatile Runnable orderly = () -> {};

    private EmergencyExit() {
        EngineThreads.daemon("quern-emergency-exit").start(this::await);
    }

    /** Starts the thread; call this before the engine boots. */
    static void prepare() {
        prepared = new EmergencyExit();
    }

    /**
     * Returns the prepared instance, or a new one.
     *
     * @param orderly begins the orderly shutdown with exit code 1; must not block
     */
    static EmergencyExit by(Runnable orderly) {
        EmergencyExit made = prepared;
        EmergencyExit exit = made == null ? new EmergencyExit() : made;
        exit.orderly = orderly;
        return exit;
    }

    /** Ends the process. Any thread may call this; it never blocks. */
    void end() {
        asked.countDown();
    }

    private void await() {
        try {
            asked.await();
            try {
                orderly.run();
            } finally {
                Thread.sleep(PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            // the kernel kills the workers
            Runtime.getRuntime().halt(1);
        }
    }
}
