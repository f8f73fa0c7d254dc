package io.quern.time;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Delayed;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A clock that moves only when a test advances it. Due tasks run in the order of their times, each to its end on its
 * scheduler's thread, before the clock moves on. A task without a delay runs at once. Tasks that wait for their thread
 * when a test advances the clock run before it moves, and so do the tasks without a delay that follow from others.
 */
public final class ManualClock implements EngineClock {
    private static final Duration TRY = Duration.ofMillis(100);
    private static final int MOST_TRIES = 600;

    /** A task that always adds another one without a delay is a fault. */
    private static final int MOST_FOLLOWING = 10_000;

    // begins with the real time: numbers taken from it must not repeat those from an earlier clock
    private final long origin = System.nanoTime();
    private final Instant start = Instant.now();
    private final List<Due> waiting = new ArrayList<>();
    private final List<ByHand> schedulers = new CopyOnWriteArrayList<>();
    /** Tasks without a delay. */
    private final AtomicLong added = new AtomicLong();

    private long passed;

    /** @param period between the end of one run and the next, in nanoseconds; 0: it runs once */
    private record Due(long at, long period, Runnable task, ByHand executor) {}

    @Override
    public synchronized Instant instant() {
        return start.plusNanos(passed);
    }

    @Override
    public synchronized long nanos() {
        return origin + passed;
    }

    @Override
    public ScheduledExecutorService scheduler(ThreadFactory thread) {
        ByHand scheduler = new ByHand(thread);
        schedulers.add(scheduler);
        return scheduler;
    }

    /** Advances the clock. */
    public void advance(Duration time) {
        settle();
        long end;
        synchronized (this) {
            end = passed + time.toNanos();
        }
        for (Optional<Due> next = next(end); next.isPresent(); next = next(end)) {
            Due due = next.get();
            if (run(due.task, due.executor) && due.period > 0) {
                add(due.period, due.period, due.task, due.executor);
            }
            settle();
        }
        synchronized (this) {
            passed = end;
        }
    }

    /** Lets every scheduler end the tasks that need not wait for the clock, which may add such tasks to any of them. */
    private void settle() {
        for (int i = 0; i < MOST_FOLLOWING; i++) {
            long before = added.get();
            long own = schedulers.stream()
                    .filter(scheduler -> run(() -> {}, scheduler))
                    .count();
            if (added.get() == before + own) {
                return;
            }
        }
        throw new AssertionError("tasks without a delay follow from each other without end");
    }

    private synchronized Optional<Due> next(long end) {
        Optional<Due> next = waiting.stream().filter(due -> due.at <= end).min(Comparator.comparingLong(Due::at));
        next.ifPresent(due -> {
            waiting.remove(due);
            passed = Math.max(passed, due.at);
        });
        return next;
    }

    /** Returns false if its thread has ended or ends meanwhile. */
    private static boolean run(Runnable task, ByHand executor) {
        try {
            Future<?> done = executor.submit(task);
            for (int tries = 0; tries < MOST_TRIES; tries++) {
                try {
                    done.get(TRY.toMillis(), TimeUnit.MILLISECONDS);
                    return true;
                } catch (TimeoutException e) {
                    if (executor.isShutdown()) {
                        return false;
                    }
                }
            }
            throw new AssertionError("a due task did not end");
        } catch (RejectedExecutionException e) {
            return false;
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError("a due task failed", e);
        }
    }

    private synchronized Due add(long delay, long period, Runnable task, ByHand executor) {
        Due due = new Due(passed + delay, period, task, executor);
        waiting.add(due);
        return due;
    }

    private synchronized boolean remove(Due due) {
        return waiting.remove(due);
    }

    /** Measures delays by this clock. */
    private final class ByHand extends ScheduledThreadPoolExecutor {
        ByHand(ThreadFactory thread) {
            super(1, thread);
            setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            if (delay <= 0) {
                ScheduledFuture<?> future = super.schedule(task, 0, unit);
                added.incrementAndGet();
                return future;
            }
            return new Waiting(add(unit.toNanos(delay), 0, task, this));
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initial, long period, TimeUnit unit) {
            return new Waiting(add(unit.toNanos(initial), unit.toNanos(period), task, this));
        }
    }

    /** A delayed task. It can only be cancelled, not awaited. */
    private final class Waiting implements ScheduledFuture<Void> {
        private final Due due;
        private boolean cancelled;

        Waiting(Due due) {
            this.due = due;
        }

        @Override
        public boolean cancel(boolean mayInterrupt) {
            cancelled = ManualClock.this.remove(due);
            return cancelled;
        }

        @Override
        public boolean isCancelled() {
            return cancelled;
        }

        @Override
        public boolean isDone() {
            return cancelled;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due.at + origin - nanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }

        @Override
        public Void get() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Void get(long timeout, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }
    }
}
