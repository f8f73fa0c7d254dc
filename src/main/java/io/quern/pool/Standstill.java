package io.quern.pool;

import io.quern.process.ProcessSight;
import java.time.Duration;
import java.util.Optional;

/**
 * Watches whether somebody has stopped a worker's process for so long that it counts as lost. A process that is stopped
 * and continued, again and again, computes between two looks, so it does not count. If a look is late, the engine
 * itself was stopped, probably with the worker (Ctrl-Z), so the time before does not count either. Not thread-safe;
 * callers pass all times ({@link io.quern.time.EngineClock#nanos}).
 */
final class Standstill implements AutoCloseable {
    /** Looks in a row that must show the process stopped. */
    private static final int LOOKS = 3;

    /** A look that is later than this shows that the engine itself was stopped, or that the machine is overloaded. */
    private static final Duration LATE = Duration.ofMillis(200);

    private static final Duration SHORTEST_PERIOD = Duration.ofMillis(10);

    /** Empty before there is a process, after its end, and where processes cannot be looked at. */
    private Optional<ProcessSight> sight = Optional.empty();

    private int looks;
    private long last;
    private long since;
    private long ticks;

    /** Returns the time between two looks, so that the last one comes when the limit is over. */
    static Duration period(Duration limit) {
        Duration period = limit.dividedBy(LOOKS - 1);
        return period.compareTo(SHORTEST_PERIOD) < 0 ? SHORTEST_PERIOD : period;
    }

    /** @param pid the process, or 0 if the worker has none of its own */
    void watch(long pid) {
        sight = pid == 0 ? Optional.empty() : ProcessSight.of(pid);
    }

    /**
     * Looks at the process.
     *
     * @param period the time between two looks
     */
    Optional<EndCause.Stopped> look(Duration period, long now) {
        Duration still = seen(sight.flatMap(ProcessSight::look), period, now);
        return still.isZero()
                ? Optional.empty()
                : Optional.of(new EndCause.Stopped(
                        "its process is stopped (SIGSTOP), for at least " + still.toMillis() / 1000.0 + " s"));
    }

    /** The process has shown otherwise that it is not stopped, so this look is not needed. */
    void computes(long now) {
        last = now;
        looks = 0;
    }

    /**
     * Adds a look.
     *
     * @return how long the process has been stopped, if that is too long; otherwise zero
     */
    Duration seen(Optional<ProcessSight.Look> look, Duration period, long now) {
        boolean late = now - last > period.plus(LATE).toNanos();
        last = now;
        if (look.isEmpty() || !look.get().stopped()) {
            looks = 0;
            return Duration.ZERO;
        }
        if (looks == 0 || late || look.get().ticks() != ticks) {
            looks = 0;
            since = now;
            ticks = look.get().ticks();
        }
        return ++looks < LOOKS ? Duration.ZERO : Duration.ofNanos(now - since);
    }

    @Override
    public void close() {
        sight.ifPresent(ProcessSight::close);
        sight = Optional.empty();
    }
}
