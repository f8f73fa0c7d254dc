package io.quern.pool;

import io.quern.time.EngineClock;
import java.time.Duration;

/** Measures how long ago a starting worker made progress. Used on the supervisor's thread. */
final class StartProgress {
    private final EngineClock clock;

    /** Whether the process was started for an earlier application and has already loaded its model. */
    private boolean takenUp;

    private long last;

    StartProgress(EngineClock clock) {
        this.clock = clock;
        last = clock.nanos();
    }

    /** The process is about to be started. */
    void begins() {
        last = clock.nanos();
    }

    /** The process was started for an earlier application. */
    void takenUp() {
        begins();
        takenUp = true;
    }

    /** The worker made progress. */
    void moves() {
        last = clock.nanos();
    }

    /**
     * Returns how long the worker may make no progress. A worker of an earlier application has normally sent Hello
     * already, so it gets less time.
     */
    Duration limit(PoolConfig config) {
        return takenUp ? config.helloTimeout() : config.startTimeout();
    }

    boolean still(Duration limit) {
        return clock.nanos() - last > limit.toNanos();
    }
}
