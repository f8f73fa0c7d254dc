package io.quern.cli;

import java.time.Duration;

/**
 * How long an engine must be idle before tasks of one kind start. Each request that ends one of them doubles that. Used
 * by one thread.
 */
final class IdlePace {
    /** An engine that is rarely idle should not begin the same work again and again. */
    private static final int MOST_DOUBLINGS = 7;

    private final Duration idleTime;
    private int interruptions;

    IdlePace(Duration idleTime) {
        this.idleTime = idleTime;
    }

    Duration idleTime() {
        return idleTime.multipliedBy(1L << Math.min(interruptions, MOST_DOUBLINGS));
    }

    void interrupted() {
        interruptions++;
    }
}
