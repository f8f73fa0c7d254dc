package io.quern.pool;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * When a worker is started again: exponential back-off with jitter, and an end to it after too many restarts in a period, as
 * in OTP's supervisors (intensity and period). A restart that happened longer than a period ago is forgotten, so the back-off
 * starts over for a worker that has lived well.
 *
 * <p>Used by one thread; time is handed in.
 */
final class RestartPolicy {
    /** Doublings after which the delay stands at its maximum, whatever the configuration. */
    private static final int MAX_DOUBLINGS = 30;

    private final PoolConfig.Restart config;
    private final RandomGenerator random;
    private final Deque<Instant> restarts = new ArrayDeque<>();
    private int forgiven;

    RestartPolicy(PoolConfig.Restart config, RandomGenerator random) {
        this.config = config;
        this.random = random;
    }

    /** The last restart is not counted: what it was needed for was no fault of the worker's. */
    void forgive() {
        if (restarts.pollLast() == null) {
            // it has been told of the end before the pool has seen it
            forgiven++;
        }
    }

    /**
     * Counts a restart.
     *
     * @return the wait before it in milliseconds, empty if there is to be none
     */
    OptionalLong nextDelayMillis(Instant now) {
        Duration period = config.period();
        while (!restarts.isEmpty() && restarts.peekFirst().isBefore(now.minus(period))) {
            restarts.removeFirst();
        }
        if (forgiven == 0 && restarts.size() >= config.maxRestarts()) {
            return OptionalLong.empty();
        }
        long doubled = config.initialDelay().toMillis() << Math.min(restarts.size(), MAX_DOUBLINGS);
        if (forgiven > 0) {
            forgiven--;
        } else {
            restarts.addLast(now);
        }
        long delay = Math.min(doubled, config.maxDelay().toMillis());
        // up to a quarter off, so that workers that died together do not all load at the same moment
        return OptionalLong.of(delay - (long) (delay * 0.25 * random.nextDouble()));
    }
}
