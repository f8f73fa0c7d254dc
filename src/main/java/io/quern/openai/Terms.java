package io.quern.openai;

import io.vertx.core.MultiMap;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;

/**
 * The terms that a request's headers set, in addition to its body.
 *
 * @param timeout for the whole request
 * @param queuePosition whether the stream starts at once, with the request's position in the queue
 */
record Terms(Optional<Duration> timeout, boolean queuePosition) {
    static final String TIMEOUT = "X-Request-Timeout";
    static final String QUEUE_POSITION = "X-Queue-Position";

    private static final BigDecimal MIN = new BigDecimal("0.001");

    /** A day. Longer timeouts count as a day: they are as good as none, and would not fit a timer. */
    private static final BigDecimal MAX = new BigDecimal(24 * 60 * 60);

    private static final int MAX_LENGTH = 20;

    /**
     * Reads the headers.
     *
     * @throws ApiException (400) if a header has an invalid value
     */
    static Terms of(MultiMap headers) {
        return new Terms(
                Optional.ofNullable(headers.get(TIMEOUT)).map(Terms::seconds),
                Optional.ofNullable(headers.get(QUEUE_POSITION))
                        .map(Terms::flag)
                        .orElse(false));
    }

    private static Duration seconds(String value) {
        String number = value.strip();
        // with an exponent, a few characters could mean a number of a billion digits
        if (number.length() <= MAX_LENGTH && number.chars().allMatch(c -> c >= '0' && c <= '9' || c == '.')) {
            try {
                BigDecimal seconds = new BigDecimal(number);
                if (seconds.signum() > 0) {
                    return Duration.ofMillis(
                            seconds.max(MIN).min(MAX).movePointRight(3).longValue());
                }
            } catch (NumberFormatException e) {
                // the error below covers this
            }
        }
        throw new ApiException(ApiError.invalid(
                TIMEOUT,
                TIMEOUT + " must be a positive number of seconds, such as 30 or 0.5, but is " + Excerpt.quoted(value)));
    }

    private static boolean flag(String value) {
        return switch (value.strip()) {
            case "true" -> true;
            case "false" -> false;
            default ->
                throw new ApiException(ApiError.invalid(
                        QUEUE_POSITION, QUEUE_POSITION + " must be true or false, but is " + Excerpt.quoted(value)));
        };
    }
}
