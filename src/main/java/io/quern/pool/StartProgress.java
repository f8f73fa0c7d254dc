package io.quern.pool;

import io.quern.time.EngineClock;
import java.time.Duration;

/** How long ago a starting worker has got on. On the supervisor's thread. */
final class StartProgress {
    private final EngineClock clock;

    /** Whether the process was made for an earlier application, and has its model. */
    private boolean takenUp;

    private long last;

    StartProgress(EngineClock clock) {
        this.clock = clock;
        last = clock.nanos();
    }

    /** The process is about to be made. */
    void begins() {
        last = clock.nanos();
    }

    /** The process was made for an earlier application. */
    void takenUp() {
        begins();
        takenUp = true;
    }

    /** The worker is one step further. */
    void moves() {
        last = clock.nanos();
    }

    /** How long it may go without progress. A worker of an earlier application has said Hello already, unless it was stopped. */
    Duration limit(PoolConfig config) {
        return takenUp ? config.helloTimeout() : config.startTimeout();
    }

    boolean still(Duration limit) {
        return clock.nanos() - last > limit.toNanos();
    }
}
