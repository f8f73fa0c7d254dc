package io.quern.cli;

import io.quern.threads.EngineThreads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/**
 * Ends the process after an error that the engine cannot go on with. Its thread is there from the start, since there may be no other one
 * to be had by then.
 */
final class EmergencyExit {
    /** What the orderly end may take: workers are asked, then made to end. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final CountDownLatch asked = new CountDownLatch(1);
    private final Runnable orderly;

    /** @param orderly begins the orderly end with exit code 1; must not block */
    EmergencyExit(Runnable orderly) {
        this.orderly = orderly;
        EngineThreads.daemon("quern-emergency-exit").start(this::await);
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
