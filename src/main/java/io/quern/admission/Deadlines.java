package io.quern.admission;

import io.quern.generation.GenerationError;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.stream.Stream;

/** Ends requests that wait or run for too long. Thread-safe. */
final class Deadlines {
    private final Timers timers;
    private final AdmissionConfig config;

    Deadlines(Timers timers, AdmissionConfig config) {
        this.timers = timers;
        this.config = config;
    }

    /** Starts the timer within which a slot must become free for a request. */
    void waits(ActiveGeneration generation, Runnable timeUp) {
        Timers.Timer timer = timers.after(config.timeout(), timeUp);
        generation.waitsUntil(timer);
        if (generation.ended()) {
            timer.cancel();
        }
    }

    /**
     * Starts the timer within which the whole request must finish, if the configuration or the request sets a limit.
     */
    void begins(ActiveGeneration generation) {
        Stream.concat(config.requestTimeout().stream(), generation.submission().timeout().stream())
                .min(Duration::compareTo)
                .ifPresent(timeout -> {
                    Timers.Timer timer = timers.after(
                            timeout,
                            () -> generation.refuse(new GenerationError.DeadlineExceeded(
                                    "The request did not finish within its time limit of " + seconds(timeout)
                                            + " s.")));
                    generation.endsBy(timer);
                    if (generation.ended()) {
                        timer.cancel();
                    }
                });
    }

    /** Formats seconds as a person writes them: 0.5, 30. */
    static String seconds(Duration time) {
        return BigDecimal.valueOf(time.toMillis(), 3).stripTrailingZeros().toPlainString();
    }
}
