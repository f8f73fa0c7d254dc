package io.quern.pool;

import io.quern.log.KeyedLog;
import io.quern.threads.EngineThreads;
import io.quern.threads.UncaughtErrors;
import io.quern.time.EngineClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** The only thread that writes the states of workers. Other threads post tasks to it. */
final class Supervisor implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Supervisor.class);

    private final ScheduledExecutorService thread;

    /**
     * @param clock measures delays
     * @param model the name of the model for log lines, or empty if the engine has only one
     */
    Supervisor(EngineClock clock, Optional<String> model) {
        ThreadFactory threads = EngineThreads.daemon("quern-supervisor").factory();
        thread = clock.scheduler(task -> threads.newThread(() -> {
            model.ifPresent(KeyedLog::ofModel);
            task.run();
        }));
    }

    void post(Runnable task) {
        postLater(Duration.ZERO, task);
    }

    void postLater(Duration delay, Runnable task) {
        try {
            thread.schedule(guarded(task), delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("dropped a task that was posted after the supervision had ended");
        }
    }

    /** Runs tasks regularly, one after the other, because a thread that wakes up costs more than most of them. */
    void every(Duration period, List<Runnable> tasks) {
        List<Runnable> guarded = tasks.stream().map(Supervisor::guarded).toList();
        thread.scheduleWithFixedDelay(
                () -> guarded.forEach(Runnable::run), period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * A defect in the handling of one worker must not end the supervision of all: the executor never runs a periodic
     * task again once it has thrown.
     */
    private static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.error("a supervision task failed", e);
            } catch (Error e) {
                UncaughtErrors.report("quern-supervisor", e);
            }
        };
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
