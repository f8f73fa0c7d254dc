package io.quern.cli;

import io.quern.admission.GenerationObserver;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.Usage;
import io.quern.log.KeyedLog;
import io.quern.threads.EngineThreads;
import io.quern.time.EngineClock;
import io.quern.topology.Measurement;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Measures the models of an engine that has no requests, one after the other. A request ends the measurement, and the
 * next one begins when the engine has been idle for longer. One thread does all of it; requests only end it.
 */
final class IdleCalibration implements GenerationObserver, AutoCloseable {
    private static final KeyedLog LOG = KeyedLog.of(IdleCalibration.class);

    /** An engine that is rarely idle should not load a model again and again. */
    private static final int MOST_DOUBLINGS = 7;

    /** A model of the engine. */
    interface Candidate {
        String name();

        /** Returns what is to be done with it now. May read files. */
        Need need();

        /**
         * Starts a measurement.
         *
         * @throws IOException if its result could not be kept
         */
        Trial start() throws IOException;

        /** Returns what the next start chooses, as text for people. */
        String outcome(Measurement measured);
    }

    enum Need {
        /** It can be measured. */
        MEASURE,
        /** Perhaps later: it was not loaded yet, or there is no memory. */
        WAIT,
        /** Never: its speed is known, or would change nothing. */
        NOTHING
    }

    /** A measurement that runs. */
    interface Trial {
        CompletionStage<Measurement> result();

        /** Ends the process. Never blocks; any thread may call this. */
        void stop();
    }

    private static final class Attempt {
        private final Candidate candidate;
        private final Trial trial;
        private volatile boolean gaveWay;
        private volatile boolean overdue;

        Attempt(Candidate candidate, Trial trial) {
            this.candidate = candidate;
            this.trial = trial;
        }

        void giveWay() {
            if (!gaveWay) {
                gaveWay = true;
                trial.stop();
            }
        }
    }

    private final CalibrationConfig config;
    private final EngineClock clock;
    private final List<Candidate> candidates;
    private final BooleanSupplier busy;
    private final ScheduledExecutorService thread;
    private final Set<Candidate> settled = new HashSet<>();
    private int interruptions;
    private volatile long lastActive;
    private volatile @Nullable Attempt running;
    private volatile boolean closed;

    /** @param busy whether the engine has requests */
    IdleCalibration(CalibrationConfig config, EngineClock clock, List<Candidate> candidates, BooleanSupplier busy) {
        this.config = config;
        this.clock = clock;
        this.candidates = candidates;
        this.busy = busy;
        this.lastActive = clock.nanos();
        this.thread = clock.scheduler(EngineThreads.daemon("quern-calibration").factory());
    }

    /** Call this once, when the engine is ready. */
    void begin() {
        lastActive = clock.nanos();
        lookAfter(config.idleTime());
    }

    /** Ends a measurement. The process ends soon after. */
    @Override
    public void close() {
        closed = true;
        thread.shutdown();
        giveWay();
    }

    @Override
    public void submitted() {
        lastActive = clock.nanos();
        giveWay();
    }

    @Override
    public void finished(GenerationEvent.Finished finished, Duration sinceSubmitted) {
        lastActive = clock.nanos();
    }

    @Override
    public void failed(GenerationError error, Usage soFar) {
        lastActive = clock.nanos();
    }

    private void giveWay() {
        Attempt attempt = running;
        if (attempt != null) {
            attempt.giveWay();
        }
    }

    private void lookAfter(Duration delay) {
        try {
            thread.schedule(this::look, Math.max(0, delay.toNanos()), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // closed
        }
    }

    private Duration patience() {
        return config.idleTime().multipliedBy(1L << Math.min(interruptions, MOST_DOUBLINGS));
    }

    private void look() {
        if (busy.getAsBoolean()) {
            lastActive = clock.nanos();
        }
        Duration left = patience().minusNanos(clock.nanos() - lastActive);
        if (left.isPositive()) {
            lookAfter(left);
            return;
        }
        Optional<Candidate> next = next();
        if (next.isPresent()) {
            measure(next.get());
        } else if (settled.size() < candidates.size()) {
            lookAfter(patience());
        } else {
            thread.shutdown();
        }
    }

    private Optional<Candidate> next() {
        for (Candidate candidate : candidates) {
            if (!settled.contains(candidate)) {
                switch (candidate.need()) {
                    case MEASURE -> {
                        return Optional.of(candidate);
                    }
                    case WAIT -> {}
                    case NOTHING -> settled.add(candidate);
                }
            }
        }
        return Optional.empty();
    }

    private void measure(Candidate candidate) {
        long begin = clock.nanos();
        Attempt attempt;
        try {
            attempt = new Attempt(candidate, candidate.start());
        } catch (IOException | RuntimeException e) {
            giveUp(candidate, e);
            lookAfter(Duration.ZERO);
            return;
        }
        running = attempt;
        // a request that came before the line above has found nothing to end
        if (closed || lastActive - begin >= 0 || busy.getAsBoolean()) {
            attempt.giveWay();
        }
        try {
            var limit = thread.schedule(() -> overdue(attempt), config.limit().toNanos(), TimeUnit.NANOSECONDS);
            attempt.trial.result().whenComplete((measured, failure) -> {
                limit.cancel(false);
                post(() -> ended(attempt, measured, failure));
            });
        } catch (RejectedExecutionException e) {
            attempt.giveWay();
        }
    }

    private void post(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            // closed
        }
    }

    private static void overdue(Attempt attempt) {
        attempt.overdue = true;
        attempt.trial.stop();
    }

    private void ended(Attempt attempt, @Nullable Measurement measured, @Nullable Throwable failure) {
        running = null;
        Candidate candidate = attempt.candidate;
        KeyedLog log = LOG.model(candidate.name());
        if (measured != null) {
            settled.add(candidate);
            log.infof("%s", candidate.outcome(measured));
        } else if (attempt.gaveWay) {
            interruptions++;
            log.debugf("a request has ended the measurement of the speed");
        } else if (attempt.overdue) {
            settled.add(candidate);
            log.infof(
                    "the speed was not measured within %d s (quern.calibration.limit). `%s tune` measures it.",
                    config.limit().toSeconds(), Commands.name());
        } else {
            giveUp(candidate, failure);
        }
        lookAfter(Duration.ZERO);
    }

    private void giveUp(Candidate candidate, @Nullable Throwable failure) {
        settled.add(candidate);
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        LOG.model(candidate.name())
                .infof(
                        "the speed was not measured, so starts estimate it: %s",
                        cause == null ? "unknown" : cause.getMessage());
    }
}
