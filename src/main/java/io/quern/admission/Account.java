package io.quern.admission;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.Usage;
import io.quern.time.EngineClock;
import java.time.Duration;

/**
 * Counts the tokens of one request, measures how long they took, and notifies the observers. Used on the request's
 * context, except for {@link #failed}, which any thread may call.
 */
final class Account {
    private final GenerationObserver observer;
    private final EngineClock clock;
    private final long submitted;
    private boolean leased;
    private long lastTokens;
    private int promptTokens;
    private int completionTokens;

    /** Starts measuring when the request is submitted. */
    Account(GenerationObserver observer, EngineClock clock) {
        this.observer = observer;
        this.clock = clock;
        submitted = clock.nanos();
    }

    /** The request holds a slot. Observers are notified of the first one only. */
    void leased() {
        if (!leased) {
            leased = true;
            observer.leased(sinceSubmitted());
        }
    }

    void accepted(int tokens) {
        promptTokens = tokens;
        observer.accepted(tokens);
    }

    /**
     * Counts the tokens of one step.
     *
     * @param count at least one
     */
    void tokens(int count) {
        long now = clock.nanos();
        if (completionTokens == 0) {
            observer.firstToken(Duration.ofNanos(now - submitted));
            if (count > 1) {
                observer.tokens(count - 1, Duration.ZERO);
            }
        } else {
            observer.tokens(count, Duration.ofNanos(now - lastTokens));
        }
        completionTokens += count;
        lastTokens = now;
    }

    void finished(GenerationEvent.Finished finished) {
        observer.finished(finished, sinceSubmitted());
    }

    void failed(GenerationError error) {
        observer.failed(error, new Usage(promptTokens, completionTokens));
    }

    private Duration sinceSubmitted() {
        return Duration.ofNanos(clock.nanos() - submitted);
    }
}
