package io.quern.openai;

import static io.quern.openai.ApiError.INVALID_REQUEST;

import io.quarkus.runtime.configuration.MemorySize;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How fast a body has to come.
 *
 * @param timeout from its request's head to its end
 * @param minRate bytes a second, over {@link #WINDOW}; 0: any
 */
record BodyPace(Duration timeout, long minRate) {
    /** Long enough for a connection that pauses and goes on. */
    static final Duration WINDOW = Duration.ofSeconds(10);

    private static final long SHORTEST_TICK = 10;
    private static final long LONGEST_TICK = 1000;

    static BodyPace of(Duration timeout, MemorySize minRate) {
        return new BodyPace(timeout, minRate.asLongValue());
    }

    /** How often to look, in milliseconds. */
    long tickMillis() {
        return Math.clamp(timeout.toMillis() / 8, SHORTEST_TICK, LONGEST_TICK);
    }

    Watch begin(long nanoTime) {
        return new Watch(nanoTime);
    }

    /** One body's time. For one thread. */
    final class Watch {
        private final long began;
        private long windowBegan;
        private long atWindow;

        private Watch(long nanoTime) {
            began = nanoTime;
            windowBegan = nanoTime;
        }

        /**
         * @param received bytes so far
         * @return null while the body comes fast enough
         */
        @Nullable
        ApiError look(long nanoTime, long received) {
            if (nanoTime - began >= timeout.toNanos()) {
                return tooSlow(
                        "the body was not complete within " + timeout.toMillis() + " ms (quern.openai.body-timeout)");
            }
            if (nanoTime - windowBegan >= WINDOW.toNanos()) {
                if (received - atWindow < minRate * WINDOW.toSeconds()) {
                    return tooSlow("the body came at less than " + minRate + " bytes a second over "
                            + WINDOW.toSeconds() + " s (quern.openai.body-min-rate)");
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
