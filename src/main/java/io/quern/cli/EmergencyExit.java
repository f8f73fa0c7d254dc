package io.quern.cli;

import io.quern.threads.EngineThreads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Ends the process after an error that the engine cannot go on with. Its thread is made before the engine boots, since
 * later there may be no thread left to make.
 */
final class EmergencyExit {
    /** What the orderly end may take. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static volatile @Nullable EmergencyExit prepared;

    private final CountDownLatch asked = new CountDownLatch(1);
    private volatile Runnable orderly = () -> {};

    private EmergencyExit() {
        EngineThreads.daemon("quern-emergency-exit").start(this::await);
    }

    /** Makes it ready; to be called before the engine boots. */
    static void prepare() {
        prepared = new EmergencyExit();
    }

    /**
     * The one that was prepared, or a new one.
     *
     * @param orderly begins the orderly end with exit code 1; must not block
     */
    static EmergencyExit by(Runnable orderly) {
        EmergencyExit made = prepared;
        EmergencyExit exit = made == null ? new EmergencyExit() : made;
        exit.orderly = orderly;
        return exit;
    }

    /** Ends the process, from any thread. Never blocks. */
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
            // workers go with it: the kernel kills them
            Runtime.getRuntime().halt(1);
        }
    }
}
