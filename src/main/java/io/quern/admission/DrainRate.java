package io.quern.admission;

import java.time.Duration;
import java.util.Optional;

/**
 * Measures how fast a queue moves: the mean time between two requests that leave the queue, over the last {@value
 * #MEMORY}. Times without a queue do not count, because they say nothing about how long a wait takes. Not
 * thread-safe. Times are nanoseconds of an {@link io.quern.time.EngineClock}.
 */
final class DrainRate {
    private static final int MEMORY = 64;

    private final long[] gaps = new long[MEMORY];
    private int next;
    private int known;
    private long sum;
    private boolean waiting;
    private long since;

    /** A request waits. May be called again while it does. */
    void waits(long now) {
        if (!waiting) {
            waiting = true;
            since = now;
        }
    }

    /** A waiting request has begun. Has no effect if no request had to wait. */
    void began(long now, boolean othersWait) {
        if (waiting) {
            long gap = now - since;
            sum += gap - gaps[next];
            gaps[next] = gap;
            next = (next + 1) % MEMORY;
            known = Math.min(MEMORY, known + 1);
            since = now;
            waiting = othersWait;
        }
    }

    /** The queue is empty, although its last request has not begun. */
    void nobodyWaits() {
        waiting = false;
    }

    /**
     * Estimates how long this many requests will take to begin, or returns empty if none has begun yet. If the queue
     * has stopped, the time since the last beginning counts too.
     */
    Optional<Duration> timeFor(int requests, long now) {
        if (known == 0) {
            return Optional.empty();
        }
        long mean = sum / known;
        if (waiting && now - since > mean) {
            mean = (sum + now - since) / (known + 1);
        }
        return Optional.of(Duration.ofNanos(mean).multipliedBy(requests));
    }
}
