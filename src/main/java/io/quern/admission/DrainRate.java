package io.quern.admission;

import java.time.Duration;
import java.util.Optional;

/**
 * How fast a queue moves: the mean time from one that begins to the next, over the last {@value #MEMORY}, while somebody waits. Times
 * without a queue do not count, as nobody's wait tells anything then. Not safe for use by several threads; times are nanoseconds
 * of an {@link io.quern.time.EngineClock}.
 */
final class DrainRate {
    private static final int MEMORY = 64;

    private final long[] gaps = new long[MEMORY];
    private int next;
    private int known;
    private long sum;
    private boolean waiting;
    private long since;

    /** Somebody waits; said once or often. */
    void waits(long now) {
        if (!waiting) {
            waiting = true;
            since = now;
        }
    }

    /** One of those who wait has begun. Says nothing where nobody had to wait. */
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

    /** Nobody waits any more, though the last one has not begun. */
    void nobodyWaits() {
        waiting = false;
    }

    /** How long so many will take to begin; empty where none has begun yet. A queue that stands still counts from its last beginning. */
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
