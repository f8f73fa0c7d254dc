package io.quern.admission;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.Usage;
import io.quern.time.EngineClock;
import java.time.Duration;

/**
 * Counts what one request has brought, measures how long that took, and tells its observers. Used on the request's context, but for its
 * failure, which may come from anywhere.
 */
final class Account {
    private final GenerationObserver observer;
    private final EngineClock clock;
    private final long submitted;
    private boolean leased;
    private long lastTokens;
    private int promptTokens;
    private int completionTokens;

    /** The request is submitted now. */
    Account(GenerationObserver observer, EngineClock clock) {
        this.observer = observer;
        this.clock = clock;
        submitted = clock.nanos();
    }

    /** It holds a slot; told of the first one only. */
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

    /** Further tokens came in one step; more than none. */
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
