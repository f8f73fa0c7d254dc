package io.quern.cli;

import io.quern.admission.GenerationObserver;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.Usage;
import io.quern.threads.EngineThreads;
import io.quern.time.EngineClock;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks while the engine has no requests, one after the other. A request ends the task that runs, which starts
 * again when the engine has been idle for longer. One thread does all of it; requests only end the task.
 */
final class IdleTasks implements GenerationObserver, AutoCloseable {

    /** A task that runs. */
    private static final class Attempt<R> {
        private final IdleTask<R> task;
        private final IdleTask.Run<R> run;
        private volatile boolean gaveWay;
        private volatile boolean overdue;

        Attempt(IdleTask<R> task) throws IOException {
            this.task = task;
            this.run = task.start();
        }

        void giveWay() {
            if (!gaveWay) {
                gaveWay = true;
                run.stop();
            }
        }

        void isOverdue() {
            overdue = true;
            run.stop();
        }
    }

    private final EngineClock clock;
    private final List<? extends IdleTask<?>> tasks;
    private final BooleanSupplier busy;
    private final ScheduledExecutorService thread;
    private final Set<IdleTask<?>> settled = new HashSet<>();
    private volatile long lastActive;
    private volatile @Nullable Attempt<?> running;
    private volatile boolean closed;

    /**
     * @param tasks the first ones that may start do so first
     * @param busy whether the engine has requests
     */
    IdleTasks(EngineClock clock, List<? extends IdleTask<?>> tasks, BooleanSupplier busy) {
        this.clock = clock;
        this.tasks = tasks;
        this.busy = busy;
        this.lastActive = clock.nanos();
        this.thread = clock.scheduler(EngineThreads.daemon("quern-idle-tasks").factory());
    }

    /** Call this once, when the engine is ready. */
    void begin() {
        lastActive = clock.nanos();
        lookAfter(Duration.ZERO);
    }

    /** Ends the task that runs. Its process ends soon after. */
    @Override
    public void close() {
        closed = true;
        thread.shutdown();
        giveWay();
    }

    @Override
    public void submitted() {
        lastActive = clock.nanos();
        giveWay();
    }

    @Override
    public void finished(GenerationEvent.Finished finished, Duration sinceSubmitted) {
        lastActive = clock.nanos();
    }

    @Override
    public void failed(GenerationError error, Usage soFar) {
        lastActive = clock.nanos();
    }

    private void giveWay() {
        Attempt<?> attempt = running;
        if (attempt != null) {
            attempt.giveWay();
        }
    }

    private void lookAfter(Duration delay) {
        try {
            thread.schedule(this::look, Math.max(0, delay.toNanos()), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // closed
        }
    }

    /** Starts the first task that may start now, or looks again when that may have changed. */
    private void look() {
        if (busy.getAsBoolean()) {
            lastActive = clock.nanos();
        }
        Duration idle = Duration.ofNanos(clock.nanos() - lastActive);
        Duration next = null;
        for (IdleTask<?> task : tasks) {
            if (settled.contains(task)) {
                continue;
            }
            Duration wait = task.pace().idleTime().minus(idle);
            if (!wait.isPositive()) {
                switch (need(task)) {
                    case START -> {
                        start(task);
                        return;
                    }
                    case WAIT -> wait = task.pace().idleTime();
                    case NOTHING -> {
                        settled.add(task);
                        continue;
                    }
                }
            }
            next = next == null || wait.compareTo(next) < 0 ? wait : next;
        }
        if (next == null) {
            thread.shutdown();
        } else {
            lookAfter(next);
        }
    }

    private static IdleTask.Need need(IdleTask<?> task) {
        try {
            return task.need();
        } catch (RuntimeException e) {
            task.failed(e);
            return IdleTask.Need.NOTHING;
        }
    }

    private <R> void start(IdleTask<R> task) {
        long begin = clock.nanos();
        Attempt<R> attempt;
        try {
            attempt = new Attempt<>(task);
        } catch (IOException | RuntimeException e) {
            settled.add(task);
            task.failed(e);
            lookAfter(Duration.ZERO);
            return;
        }
        running = attempt;
        // a request that came before the line above has found nothing to end
        if (closed || lastActive - begin >= 0 || busy.getAsBoolean()) {
            attempt.giveWay();
        }
        try {
            var limit = thread.schedule(attempt::isOverdue, task.limit().toNanos(), TimeUnit.NANOSECONDS);
            attempt.run.result().whenComplete((result, failure) -> {
                limit.cancel(false);
                post(() -> ended(attempt, result, failure));
            });
        } catch (RejectedExecutionException e) {
            attempt.giveWay();
        }
    }

    private void post(Runnable step) {
        try {
            thread.execute(step);
        } catch (RejectedExecutionException e) {
            // closed
        }
    }

    private <R> void ended(Attempt<R> attempt, @Nullable R result, @Nullable Throwable failure) {
        running = null;
        IdleTask<R> task = attempt.task;
        if (result == null && attempt.gaveWay) {
            task.pace().interrupted();
            task.gaveWay();
        } else {
            settled.add(task);
            if (result != null) {
                task.succeeded(result);
            } else if (attempt.overdue) {
                task.overdue();
            } else {
                task.failed(cause(failure));
            }
        }
        lookAfter(Duration.ZERO);
    }

    private static Throwable cause(@Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause == null ? new IllegalStateException("unknown") : cause;
    }
}
