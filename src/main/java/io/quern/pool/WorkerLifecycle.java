package io.quern.pool;

import io.quern.time.EngineClock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** The state of one worker, since when it is in it, and the only way to change it. Written on the supervisor's thread; read on any. */
final class WorkerLifecycle {
    /** The worker's: whoever filters its lines finds all of them. */
    private static final Logger LOG = Logger.getLogger(Worker.class);

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
            LOG.debugf("worker %d: %s", worker, next.detail());
        } else {
            LOG.debugf("worker %d: %s -> %s", worker, before.label(), next.label());
            since = now;
            sinceNanos = clock.nanos();
            changed.run();
        }
        events.accept(new PoolEvent(now, worker, before.label(), next.label(), next.detail(), pid));
    }
}
