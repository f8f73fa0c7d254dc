package io.quern.catalog;

import io.quern.log.KeyedLog;
import io.quern.threads.EngineThreads;
import io.quern.threads.UncaughtErrors;
import io.quern.time.EngineClock;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The one thread that changes which models are in memory. Other threads post to it. It starts with the first task. */
final class ModelsThread implements AutoCloseable {
    private static final KeyedLog LOG = KeyedLog.of(ModelsThread.class);
    private static final String NAME = "quern-models";

    private final ScheduledExecutorService thread;

    /** @param clock measures delays */
    ModelsThread(EngineClock clock) {
        thread = clock.scheduler(EngineThreads.daemon(NAME).factory());
    }

    void post(Runnable task) {
        postLater(Duration.ZERO, task);
    }

    void postLater(Duration delay, Runnable task) {
        try {
            thread.schedule(guarded(task), delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debugf("dropped a task that was posted after the end");
        }
    }

    /** A defect in the handling of one model must not end that of all. */
    private static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.errorf(e, "a change of the loaded models failed");
            } catch (Error e) {
                UncaughtErrors.report(NAME, e);
            }
        };
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
