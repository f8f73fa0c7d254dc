package io.quern.pool;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** Whether and when a worker whose life is over gets another. Used by the supervisor's thread; time is handed in. */
final class Recovery {
    /** What follows the end of a life. */
    sealed interface Verdict {
        /** It is started again after a delay. */
        record Again(Duration delay) implements Verdict {}

        /** It has been started again too often. */
        record TooOften() implements Verdict {}

        /** Another start would end alike. */
        record Hopeless() implements Verdict {}
    }

    private final RestartPolicy policy;

    /** Whether one of its lives could serve: then the model was good, and may be again. */
    private boolean everReady;

    private Optional<String> earlierAssertion = Optional.empty();

    Recovery(RestartPolicy policy) {
        this.policy = policy;
    }

    /** The worker is ready. */
    void ready() {
        everReady = true;
    }

    /** One of its ends is not counted. */
    void forgive() {
        policy.forgive();
    }

    /** Counts a restart, unless there is to be none. */
    Verdict after(EndCause end, Instant now) {
        if (!everReady && endsAlways(end)) {
            return new Verdict.Hopeless();
        }
        OptionalLong delay = policy.nextDelayMillis(now);
        return delay.isEmpty() ? new Verdict.TooOften() : new Verdict.Again(Duration.ofMillis(delay.getAsLong()));
    }

    /**
     * Whether the start that has just failed shows that all would fail: the worker said so itself, or twice the same assertion of native code
     * ended it or the process that was to fork it.
     */
    private boolean endsAlways(EndCause end) {
        boolean again = end.assertion().isPresent() && end.assertion().equals(earlierAssertion);
        earlierAssertion = end.assertion();
        return again || end.hopeless();
    }
}
