package io.quern.time;

import java.time.Instant;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;

/** The clock of the machine. */
final class SystemClock implements EngineClock {
    static final EngineClock INSTANCE = new SystemClock();

    private SystemClock() {}

    @Override
    public Instant instant() {
        return Instant.now();
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public ScheduledExecutorService scheduler(ThreadFactory thread) {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, thread);
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return executor;
    }
}
