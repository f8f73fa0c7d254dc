package io.quern.pool;

import io.quern.log.KeyedLog;
import io.quern.time.EngineClock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/** The state of one worker and the time of its last change. Written on the supervisor's thread; read on any. */
final class WorkerLifecycle {
    /** The worker's logger, so that a filter for it finds these lines. */
    private static final KeyedLog LOG = KeyedLog.of(Worker.class);

    private final int worker;
    private final EngineClock clock;
    private final Runnable changed;
    private final Consumer<PoolEvent> events;
    private volatile WorkerState state = WorkerState.Starting.launched();
    private volatile Instant since;
    private volatile long sinceNanos;

    /**
     * @param changed called after every change of state, but not for progress within one
     * @param events receives both
     */
    WorkerLifecycle(int worker, EngineClock clock, Runnable changed, Consumer<PoolEvent> events) {
        this.worker = worker;
        this.clock = clock;
        this.changed = changed;
        this.events = events;
        since = clock.instant();
        sinceNanos = clock.nanos();
    }

    WorkerState state() {
        return state;
    }

    Instant since() {
        return since;
    }

    /** Returns how long the worker has been in its state. */
    Duration age() {
        return Duration.ofNanos(clock.nanos() - sinceNanos);
    }

    /**
     * Changes the state. No other code does.
     *
     * @param pid the worker's process, or null
     * @throws IllegalStateException if this change of state is not allowed
     */
    void transition(WorkerState next, Long pid) {
        WorkerState before = state;
        if (!before.exits().contains(next.getClass())) {
            throw new IllegalStateException(
                    "worker " + worker + " is " + before.label() + " and cannot become " + next.label());
        }
        Instant now = clock.instant();
        state = next;
        if (next.goesOnFrom(before)) {
            LOG.workerId(worker).pid(pid).debugf("%s", next.detail());
        } else {
            LOG.workerId(worker).pid(pid).debugf("%s -> %s", before.label(), next.label());
            since = now;
            sinceNanos = clock.nanos();
            changed.run();
        }
        events.accept(new PoolEvent(now, worker, before.label(), next.label(), next.detail(), pid));
    }
}
