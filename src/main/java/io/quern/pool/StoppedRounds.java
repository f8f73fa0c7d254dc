package io.quern.pool;

import io.quern.time.EngineClock;
import java.time.Duration;
import java.util.List;

/** Looks regularly whether somebody has stopped a worker's process, on the supervisor's thread. */
final class StoppedRounds implements Runnable {
    /** A longer time between two rounds means that the engine itself was stopped. */
    private static final Duration LATE = Duration.ofSeconds(2);

    private final List<Worker> workers;
    private final EngineClock clock;
    private final Duration late;
    private long last;

    /** @param period the time between two rounds */
    StoppedRounds(List<Worker> workers, EngineClock clock, Duration period) {
        this.workers = workers;
        this.clock = clock;
        late = LATE.plus(period);
        last = clock.nanos();
    }

    @Override
    public void run() {
        long now = clock.nanos();
        boolean wasLate = now - last > late.toNanos();
        last = now;
        workers.forEach(worker -> worker.look(wasLate));
    }
}
