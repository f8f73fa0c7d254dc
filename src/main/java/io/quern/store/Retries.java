package io.quern.store;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Repeats what fails because of the network or an overloaded server, with growing delays. One thread uses an instance;
 * what it shares with others is immutable.
 */
final class Retries {
    private static final Duration FIRST_DELAY = Duration.ofMillis(500);
    private static final Duration LONGEST_OWN_DELAY = Duration.ofSeconds(30);

    private final Policy policy;
    private final PullListener listener;
    private int failed;

    /**
     * The limits.
     *
     * @param attempts that may fail in a row
     * @param maxDelay the longest delay that a server may ask for
     * @param pause waits
     */
    record Policy(int attempts, Duration maxDelay, Pause pause) {
        static Policy of(StoreConfig config) {
            return new Policy(config.attempts(), config.maxDelay(), delay -> Thread.sleep(delay));
        }
    }

    /** Waits; tests do not. */
    @FunctionalInterface
    interface Pause {
        void await(Duration delay) throws InterruptedException;
    }

    /** Something that may be repeated. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException, InterruptedException;
    }

    /** The server asks to come back later (429), or has failed (5xx). */
    static final class BusyException extends IOException {
        private final int status;
        private final transient @Nullable Duration retryAfter;

        BusyException(Reply reply) {
            super(reply.uri().getHost() + " answered with status " + reply.status());
            this.status = reply.status();
            this.retryAfter = reply.retryAfter().orElse(null);
        }

        static boolean isBusy(int status) {
            return status == 408 || status == 429 || status >= 500;
        }
    }

    Retries(Policy policy, PullListener listener) {
        this.policy = policy;
        this.listener = listener;
    }

    /** Runs an attempt until it succeeds or gives up. */
    <T> T run(Attempt<T> attempt) throws InterruptedException {
        while (true) {
            try {
                T result = attempt.run();
                progressed();
                return result;
            } catch (IOException e) {
                failed(e);
            }
        }
    }

    /** Forgets earlier failures. */
    void progressed() {
        failed = 0;
    }

    /**
     * Waits until the next attempt.
     *
     * @throws StoreException if too many attempts have failed, or the server asks for too long a delay
     */
    void failed(IOException problem) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        failed++;
        Optional<Duration> asked =
                problem instanceof BusyException busy ? Optional.ofNullable(busy.retryAfter) : Optional.empty();
        boolean tooLong =
                asked.filter(delay -> delay.compareTo(policy.maxDelay()) > 0).isPresent();
        if (failed >= policy.attempts() || tooLong) {
            throw givenUp(problem, asked.filter(delay -> tooLong));
        }
        Duration own = FIRST_DELAY.multipliedBy(1L << Math.min(failed - 1, 10));
        Duration delay = asked.orElse(own.compareTo(LONGEST_OWN_DELAY) > 0 ? LONGEST_OWN_DELAY : own);
        listener.on(new PullEvent.Retrying(NetworkProblem.describe(problem), delay));
        policy.pause().await(delay);
    }

    private StoreException givenUp(IOException problem, Optional<Duration> asked) {
        if (problem instanceof BusyException busy && busy.status == 429) {
            return new StoreException(
                    StoreProblem.RATE_LIMITED,
                    "Cannot download: the server limits the number of requests (status 429)"
                            + asked.map(delay -> " and asks to wait " + delay.toSeconds() + " s")
                                    .orElse("")
                            + ". Try again later, or set HF_TOKEN: the hub allows more to those who log in.",
                    problem);
        }
        return new StoreException(
                problem instanceof BusyException ? StoreProblem.SERVER_ERROR : StoreProblem.UNREACHABLE,
                "Cannot download: " + NetworkProblem.describe(problem) + ", " + failed
                        + (failed == 1 ? " time" : " times")
                        + " in a row. Check the network, HF_ENDPOINT and the proxies, then run the same command again:"
                        + " it continues where this one stopped.",
                problem);
    }
}
