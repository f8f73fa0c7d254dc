package io.quern.bench;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What load to make. It ends after the requests or the duration, whichever comes first; at least one is present.
 *
 * @param concurrency requests at a time
 * @param duration after it no request begins; those that run may finish
 * @param warmUp requests before the measurement
 */
public record LoadPlan(
        String model, int concurrency, OptionalInt requests, Optional<Duration> duration, Shape shape, int warmUp) {

    /**
     * What each request looks like.
     *
     * @param promptTokens tokens of the prompt, approximately; every prompt is different
     * @param maxTokens the longest answer in tokens
     * @param temperature null leaves it to the service
     * @param ignoreEos whether answers have to be as long as possible
     */
    public record Shape(
            int promptTokens, int maxTokens, @Nullable Double temperature, boolean ignoreEos) {}
}
