package io.quern.cli;

import io.quarkus.runtime.Quarkus;
import io.quern.catalog.ModelCatalog;
import io.quern.pool.PoolView;
import io.quern.threads.EngineThreads;
import io.quern.threads.UncaughtErrors;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Stops the engine on SIGTERM, SIGINT or SIGHUP, or when it has lost all workers. Readiness goes down and new requests
 * are refused at once. Running and waiting requests may finish within the grace period. Then the application and its
 * workers stop. The exit code is 0 if every request finished, and 1 if some were cut off.
 *
 * <p>A second SIGTERM or SIGINT ends the grace period, but only some time after the first: one request to stop may
 * arrive as several signals. Maven sends SIGTERM after the terminal has sent SIGINT to both, an entry point passes on
 * what systemd has sent to both, and a shell repeats a terminal's SIGHUP.
 *
 * <p>Quarkus' own shutdown timeout does not suffice: while it waits, readiness stays up, new requests are accepted, a
 * second signal is ignored, and the exit code is 143.
 */
final class GracefulStop {
    private static final Logger LOG = Logger.getLogger(GracefulStop.class);

    /** Time for answers that are being sent when the engine stops. */
    private static final Duration LAST_ANSWERS = Duration.ofMillis(500);

    /** Longest time for Quarkus' own shutdown, not counting the workers. */
    private static final Duration APPLICATION_ENDS = Duration.ofSeconds(5);

    private final ModelCatalog catalog;
    private final Duration grace;
    private final Duration secondSignalAfter;
    private final Duration workersEnd;
    private final AtomicReference<Long> firstSignal = new AtomicReference<>();
    private volatile @Nullable EndWatch watch;
    private volatile int exitCode;

    /** @param workersEnd longest time for the workers to end after they are asked to stop */
    GracefulStop(ModelCatalog catalog, ShutdownConfig config, Duration workersEnd) {
        this.catalog = catalog;
        this.grace = config.grace();
        this.secondSignalAfter = config.secondSignalAfter();
        this.workersEnd = workersEnd;
    }

    void onSignals() {
        watch = StopSignals.receivedBy(this::signalled);
    }

    /** Stops the engine when it has given up all workers. */
    void onLoss() {
        AtomicBoolean reported = new AtomicBoolean();
        Runnable look = () -> {
            if (catalog.broken().isEmpty()
                    && catalog.state() == PoolView.State.FAILED
                    && reported.compareAndSet(false, true)) {
                LOG.error(
                        "The engine stops, because it has given up all workers (quern.shutdown.when-workers-are-lost)");
                // waiting requests get their error first
                CompletableFuture.delayedExecutor(LAST_ANSWERS.toMillis(), TimeUnit.MILLISECONDS)
                        .execute(() -> finish(1));
            }
        };
        catalog.onChange(look);
        look.run();
    }

    /** Stops the engine when one of its threads has ended with an error. */
    void onError() {
        EmergencyExit exit = EmergencyExit.by(() -> finish(1));
        Runnable look = () -> {
            if (catalog.broken().isPresent()) {
                exit.end();
            }
        };
        catalog.onChange(look);
        look.run();
        HeapWatch.start();
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
            if (error instanceof Error) {
                UncaughtErrors.report(thread.getName(), error);
            } else if (before != null) {
                before.uncaughtException(thread, error);
            } else {
                LOG.errorf(error, "The thread %s ended with an exception", thread.getName());
            }
        });
    }

    int exitCode() {
        return exitCode;
    }

    private void signalled(String name) {
        long now = System.nanoTime();
        Long first = firstSignal.compareAndExchange(null, now);
        if (first == null) {
            // must come first: nothing below is certain to work
            watch(grace.plus(workersEnd), 1);
            EngineThreads.named("quern-graceful-stop").start(() -> drain(name));
        } else if (!name.equals("HUP") && now - first >= secondSignalAfter.toNanos()) {
            LOG.warnf("SIG%s again: the engine stops now", name);
            finish(catalog.running() + catalog.waiting() == 0 ? 0 : 1);
        }
    }

    private void drain(String name) {
        catalog.announceStop();
        var drained = catalog.close().toCompletableFuture();
        LOG.infof(
                "SIG%s: the engine stops; %d running and %d waiting requests have %s to finish",
                name, catalog.running(), catalog.waiting(), grace);
        int code = 0;
        try {
            drained.get(grace.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warnf(
                    "%d requests did not finish within %s (quern.shutdown.grace); the engine ends them",
                    catalog.running(), grace);
            code = 1;
            endStreams();
        } catch (ExecutionException | InterruptedException e) {
            code = 1;
        }
        finish(code);
    }

    /** Ends streams while connections are open, since the application closes them before it stops the workers. */
    private void endStreams() {
        try {
            catalog.stop().toCompletableFuture().get(workersEnd.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            LOG.debugf("The workers have not ended yet: %s", e);
        }
    }

    /** May run twice if a second signal comes late; the higher exit code wins. */
    private synchronized void finish(int code) {
        exitCode = Math.max(exitCode, code);
        watch(workersEnd, exitCode);
        Quarkus.asyncExit(exitCode);
    }

    private void watch(Duration time, int code) {
        EndWatch current = watch;
        if (current != null) {
            current.endWithin(time.plus(APPLICATION_ENDS), code);
        }
    }
}
