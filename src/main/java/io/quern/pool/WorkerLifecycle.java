package io.quern.pool;

import io.quern.log.KeyedLog;
import io.quern.time.EngineClock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/** The state of one worker, since when it is in it, and the only way to change it. Written on the supervisor's thread; read on any. */
final class WorkerLifecycle {
    /** The worker's: whoever filters its lines finds all of them. */
    private static final KeyedLog LOG = KeyedLog.of(Worker.class);

    private final int worker;
    private final EngineClock clock;
    private final Runnable changed;
    private final Consumer<PoolEvent> events;
    private volatile WorkerState state = WorkerState.Starting.launched();
    private volatile Instant since;
    private volatile long sinceNanos;

    /**
     * @param changed told after every change of state, but not of progress within one
     * @param events told of both
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

    /** How long it has been in its state. */
    Duration age() {
        return Duration.ofNanos(clock.nanos() - sinceNanos);
    }

    /**
     * The one place where a worker's state changes.
     *
     * @param pid of its process, or null
     * @throws IllegalStateException if no worker may go from its state to that one
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
