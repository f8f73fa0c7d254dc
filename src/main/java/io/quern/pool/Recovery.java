package io.quern.pool;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Decides whether and when a worker restarts after the end of a life. Used on the supervisor's thread; time is passed
 * in.
 */
final class Recovery {
    /** Says what happens after the end of a life. */
    sealed interface Verdict {
        /** The worker restarts after a delay. */
        record Again(Duration delay) implements Verdict {}

        /** The worker has restarted too often. */
        record TooOften() implements Verdict {}

        /** Another start would fail the same way. */
        record Hopeless() implements Verdict {}
    }

    private final RestartPolicy policy;

    /** Whether the worker was ever ready. If so, the model can be loaded, and a later start may succeed. */
    private boolean everReady;

    private Optional<String> earlierAssertion = Optional.empty();

    Recovery(RestartPolicy policy) {
        this.policy = policy;
    }

    /** The worker is ready. */
    void ready() {
        everReady = true;
    }

    /** Stops counting one end of the worker. */
    void forgive() {
        policy.forgive();
    }

    /** Decides what follows, and counts the restart if there is one. */
    Verdict after(EndCause end, Instant now) {
        if (!everReady && endsAlways(end)) {
            return new Verdict.Hopeless();
        }
        OptionalLong delay = policy.nextDelayMillis(now);
        return delay.isEmpty() ? new Verdict.TooOften() : new Verdict.Again(Duration.ofMillis(delay.getAsLong()));
    }

    /**
     * Returns whether the failed start shows that every start would fail: the worker reported so itself, or the same
     * assertion of native code ended two processes in a row (workers, or the process that was to fork them).
     */
    private boolean endsAlways(EndCause end) {
        boolean again = end.assertion().isPresent() && end.assertion().equals(earlierAssertion);
        earlierAssertion = end.assertion();
        return again || end.hopeless();
    }
}
