package io.quern.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How an answer ended, and how long it took.
 *
 * @param finishReason {@code stop} or {@code length}, or null if the service did not say
 * @param promptTokens tokens of the prompt, or 0 if the service did not say
 * @param tokens tokens of the answer; the number of its pieces if the service did not say
 * @param toFirst time from the request to the first piece of text; the whole time if there was none
 * @param total time from the request to the end
 */
public record Answer(@Nullable String finishReason, int promptTokens, int tokens, Duration toFirst, Duration total) {

    /** Returns whether the answer reached its limit of tokens. */
    public boolean cut() {
        return "length".equals(finishReason);
    }

    /** Returns the tokens per second after the first one, or 0 if there is no second one. */
    public double tokensPerSecond() {
        double seconds = total.minus(toFirst).toNanos() / 1e9;
        return tokens < 2 || seconds <= 0 ? 0 : (tokens - 1) / seconds;
    }
}
