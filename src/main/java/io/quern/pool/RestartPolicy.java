package io.quern.pool;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * Decides when a worker restarts: exponential back-off with jitter, and no restart after too many in a period, as in
 * OTP's supervisors (intensity and period). Restarts that are older than the period do not count, so the back-off
 * begins again for a worker that has run well.
 *
 * <p>Used by one thread; time is passed in.
 */
final class RestartPolicy {
    /** Doublings after which the delay no longer grows, whatever the configuration. */
    private static final int MAX_DOUBLINGS = 30;

    private final PoolConfig.Restart config;
    private final RandomGenerator random;
    private final Deque<Instant> restarts = new ArrayDeque<>();
    private int forgiven;

    RestartPolicy(PoolConfig.Restart config, RandomGenerator random) {
        this.config = config;
        this.random = random;
    }

    /** Stops counting the last restart, because the request was to blame, not the worker. */
    void forgive() {
        if (restarts.pollLast() == null) {
            // the request is judged before the pool has seen the end of the worker
            forgiven++;
        }
    }

    /**
     * Counts a restart.
     *
     * @return the wait before it in milliseconds, or empty if the worker must not restart
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
        // up to a quarter less, so that workers that were lost together do not all load at the same moment
        return OptionalLong.of(delay - (long) (delay * 0.25 * random.nextDouble()));
    }
}
