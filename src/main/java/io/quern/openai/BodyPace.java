package io.quern.openai;

import static io.quern.openai.ApiError.INVALID_REQUEST;

import io.quarkus.runtime.configuration.MemorySize;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Says how fast a body must arrive.
 *
 * @param timeout longest time from the head of the request to the end of its body
 * @param minRate bytes per second over each {@link #WINDOW}; 0: no minimum
 */
record BodyPace(Duration timeout, long minRate) {
    /** Long enough for a connection that pauses and continues. */
    static final Duration WINDOW = Duration.ofSeconds(10);

    private static final long SHORTEST_TICK = 10;
    private static final long LONGEST_TICK = 1000;

    static BodyPace of(Duration timeout, MemorySize minRate) {
        return new BodyPace(timeout, minRate.asLongValue());
    }

    /** Returns how often to look, in milliseconds. */
    long tickMillis() {
        return Math.clamp(timeout.toMillis() / 8, SHORTEST_TICK, LONGEST_TICK);
    }

    Watch begin(long nanoTime) {
        return new Watch(nanoTime);
    }

    /** Measures one body. For use by one thread. */
    final class Watch {
        private final long began;
        private long windowBegan;
        private long atWindow;

        private Watch(long nanoTime) {
            began = nanoTime;
            windowBegan = nanoTime;
        }

        /**
         * Returns the error for a body that is too slow.
         *
         * @param nanoTime the time now
         * @param received bytes so far
         * @return null while the body arrives fast enough
         */
        @Nullable
        ApiError look(long nanoTime, long received) {
            if (nanoTime - began >= timeout.toNanos()) {
                return tooSlow(
                        "The body was not complete within " + timeout.toMillis() + " ms (quern.openai.body-timeout).");
            }
            if (nanoTime - windowBegan >= WINDOW.toNanos()) {
                if (received - atWindow < minRate * WINDOW.toSeconds()) {
                    return tooSlow("The body arrived at less than " + minRate + " bytes per second over "
                            + WINDOW.toSeconds() + " s (quern.openai.body-min-rate).");
                }
                windowBegan = nanoTime;
                atWindow = received;
            }
            return null;
        }
    }

    private static ApiError tooSlow(String message) {
        return ApiError.of(408, INVALID_REQUEST, "request_body_timeout", message);
    }
}
