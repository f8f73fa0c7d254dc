package io.quern.pool;

import io.quern.time.EngineClock;
import java.time.Duration;
import java.util.List;

/** Checks the workers regularly, on the supervisor's thread. */
final class Rounds implements Runnable {
    static final Duration PERIOD = Duration.ofMillis(250);

    /** A longer time between two rounds means that the engine itself was stopped. */
    private static final Duration LATE = Duration.ofSeconds(2);

    /** Rounds between two looks at the kernel's count, which is in a file of some hundred lines on some machines. */
    private static final int KILLS_EVERY = 4;

    private final List<Worker> workers;
    private final OomKills oomKills;
    private final EngineClock clock;
    private long last;
    private int rounds;

    Rounds(List<Worker> workers, OomKills oomKills, EngineClock clock) {
        this.workers = workers;
        this.oomKills = oomKills;
        this.clock = clock;
        last = clock.nanos();
    }

    @Override
    public void run() {
        long now = clock.nanos();
        boolean late = now - last > LATE.toNanos();
        last = now;
        if (rounds++ % KILLS_EVERY == 0) {
            oomKills.look(now);
        }
        workers.forEach(worker -> worker.check(late));
    }
}
