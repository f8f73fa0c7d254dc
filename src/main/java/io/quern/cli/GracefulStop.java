package io.quern.cli;

import io.quarkus.runtime.Quarkus;
import io.quern.admission.Admission;
import io.quern.pool.PoolView;
import io.quern.pool.WorkerPool;
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
 * The end when all workers are lost, and the end on SIGTERM, SIGINT or SIGHUP: readiness goes down and new requests are
 * refused at once, what runs or waits may finish within the grace, then the application stops and its workers with it.
 * Exit code 0 when all was served, 1 when requests were cut off.
 *
 * <p>A second SIGTERM or SIGINT cuts the grace short, but only some time after the first: one wish may arrive as
 * several signals. Maven sends SIGTERM when the terminal has sent SIGINT to both, an entry point passes on what systemd
 * has sent to both, and a shell repeats a terminal's SIGHUP.
 *
 * <p>Quarkus' own shutdown time-out is no help: while it waits, readiness and new requests are answered as ever, a
 * second signal is ignored, and the exit code is 143.
 */
final class GracefulStop {
    private static final Logger LOG = Logger.getLogger(GracefulStop.class);

    /** What answers take that are on their way when the end comes. */
    private static final Duration LAST_ANSWERS = Duration.ofMillis(500);

    /** What Quarkus' own end may take, beside that of the workers. */
    private static final Duration APPLICATION_ENDS = Duration.ofSeconds(5);

    private final Admission admission;
    private final WorkerPool pool;
    private final Duration grace;
    private final Duration secondSignalAfter;
    private final Duration workersEnd;
    private final AtomicReference<Long> firstSignal = new AtomicReference<>();
    private volatile @Nullable EndWatch watch;
    private volatile int exitCode;

    /** @param workersEnd what it may take at most until the workers are gone, once they have to */
    GracefulStop(Admission admission, WorkerPool pool, ShutdownConfig config, Duration workersEnd) {
        this.admission = admission;
        this.pool = pool;
        this.grace = config.grace();
        this.secondSignalAfter = config.secondSignalAfter();
        this.workersEnd = workersEnd;
    }

    void onSignals() {
        watch = StopSignals.receivedBy(this::signalled);
    }

    /** When no worker will come back. */
    void onLoss() {
        AtomicBoolean told = new AtomicBoolean();
        Runnable look = () -> {
            if (pool.broken().isEmpty() && pool.state() == PoolView.State.FAILED && told.compareAndSet(false, true)) {
                LOG.error("all workers are given up: stopping (quern.shutdown.when-workers-are-lost)");
                // those that wait are told first
                CompletableFuture.delayedExecutor(LAST_ANSWERS.toMillis(), TimeUnit.MILLISECONDS)
                        .execute(() -> finish(1));
            }
        };
        pool.onChange(look);
        look.run();
    }

    /** When a thread of the engine has ended with an error. */
    void onError() {
        EmergencyExit exit = EmergencyExit.by(() -> finish(1));
        Runnable look = () -> {
            if (pool.broken().isPresent()) {
                exit.end();
            }
        };
        pool.onChange(look);
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
            // first of all, since nothing below may work any more
            watch(grace.plus(workersEnd), 1);
            EngineThreads.named("quern-graceful-stop").start(() -> drain(name));
        } else if (!name.equals("HUP") && now - first >= secondSignalAfter.toNanos()) {
            LOG.warnf("SIG%s again: stopping now", name);
            finish(admission.running() + admission.waiting() == 0 ? 0 : 1);
        }
    }

    private void drain(String name) {
        pool.announceStop();
        var drained = admission.close().toCompletableFuture();
        LOG.infof(
                "SIG%s: %d requests run, %d wait; they have %s to finish",
                name, admission.running(), admission.waiting(), grace);
        int code = 0;
        try {
            drained.get(grace.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warnf("%d requests did not finish within %s and are ended", admission.running(), grace);
            code = 1;
            endStreams();
        } catch (ExecutionException | InterruptedException e) {
            code = 1;
        }
        finish(code);
    }

    /** While connections are still open: the application's own end closes them before it stops the workers. */
    private void endStreams() {
        try {
            pool.stop().toCompletableFuture().get(workersEnd.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            LOG.debugf("the workers have not ended yet: %s", e);
        }
    }

    /** Twice where a second signal comes late: what was cut off before stays cut off. */
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
