package io.quern.pool;

import io.quern.device.ThreadLimit;
import io.quern.jvm.CrashTrace;
import io.quern.jvm.WorkerBounds;
import io.quern.launch.LaunchEvents;
import io.quern.launch.Launcher;
import io.quern.launch.WorkerSpec;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.LastWords;
import io.quern.settings.ByteFormat;
import io.quern.threads.UncaughtErrors;
import io.quern.wire.Fatal;
import io.quern.wire.Progress;
import io.quern.wire.Ready;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * One worker, over all the lives it has. Its state is written on the supervisor's thread alone; what happens elsewhere is posted
 * there, and ignored where it is about an earlier life.
 */
final class Worker {
    private static final Logger LOG = Logger.getLogger(Worker.class);

    /** What frames of an ended process may take to be read. */
    private static final Duration LAST_FRAMES = Duration.ofMillis(500);

    /** What an ended process's connection may take to be known. */
    private static final Duration FIRST_FRAMES = Duration.ofSeconds(2);

    /** A worker that cannot serve has told why, over its connection, before it ended with this. */
    private static final ExitStatus CANNOT_SERVE = new ExitStatus.Exited(65);

    /** By -XX:+ExitOnOutOfMemoryError. */
    private static final ExitStatus JVM_OUT_OF_MEMORY = new ExitStatus.Exited(3);

    /** What a lost worker's process may take to be gone. */
    private static final Duration UNENDING = Duration.ofMinutes(2);

    private final WorkerSpec spec;
    private final Launcher launcher;
    private final PoolConfig config;
    private final RestartPolicy restartPolicy;
    private final Supervisor supervisor;
    private final Tokens tokens;
    private final Runnable changed;
    private final Consumer<PoolEvent> events;
    private final OomKills oomKills;

    private volatile WorkerState state = WorkerState.Starting.launched();
    private volatile Instant since = Instant.now();
    private volatile WorkerLife life = new WorkerLife();
    private volatile int restarts;
    private volatile String lastExit;

    /** Whether one of its lives could serve: then the model was good, and may be again. */
    private boolean everReady;

    /** What native code has said at the end of the start before, and of the one before that; null: nothing. */
    private String startAborted;

    private String earlierStartAborted;
    private volatile List<String> lastOutput = List.of();

    private final CompletableFuture<Void> stopped = new CompletableFuture<>();
    private final CompletableFuture<Void> parked = new CompletableFuture<>();

    /**
     * @param changed told on the supervisor's thread after every change of state
     * @param events told there what has become of the worker
     * @param oomKills asked of processes that ended by SIGKILL
     */
    Worker(
            WorkerSpec spec,
            Launcher launcher,
            PoolConfig config,
            RestartPolicy restartPolicy,
            Supervisor supervisor,
            Tokens tokens,
            Runnable changed,
            Consumer<PoolEvent> events,
            OomKills oomKills) {
        this.spec = spec;
        this.launcher = launcher;
        this.config = config;
        this.restartPolicy = restartPolicy;
        this.supervisor = supervisor;
        this.tokens = tokens;
        this.changed = changed;
        this.events = events;
        this.oomKills = oomKills;
    }

    int id() {
        return spec.id();
    }

    /** Of its JVM, and of the requests it is sent. */
    WorkerBounds bounds() {
        return spec.bounds();
    }

    /** For copies of its sequences' states. */
    long stateBytes() {
        return spec.stateBytes();
    }

    WorkerState state() {
        return state;
    }

    /** The connection requests go to, or null; it may have no free slot or be about to break. */
    WorkerLink link() {
        return life.link();
    }

    /** @param standby whether it is ready and gets no requests */
    PoolView.WorkerView view(boolean standby) {
        WorkerLife current = life;
        WorkerLink connection = current.link();
        Ready ready = connection == null ? null : connection.ready();
        return new PoolView.WorkerView(
                spec.id(),
                current.pid(),
                state.label(),
                standby ? "stands by" : state.detail(),
                standby,
                since,
                launcher.method().toString(),
                ready == null ? 0 : ready.getSlots(),
                connection == null ? 0 : connection.busySlots(),
                ready == null ? 0 : ready.getContextLength(),
                connection == null ? 0 : connection.cachedTokens(),
                ready == null ? null : ready.getDevice(),
                restarts,
                lastExit,
                lastOutput);
    }

    /** Supervisor's thread: one of its ends is not counted. */
    void forgive() {
        restartPolicy.forgive();
    }

    /** Supervisor's thread: makes a process. */
    void start() {
        WorkerLife begun = new WorkerLife();
        life = begun;
        launch(begun).whenComplete((child, failure) -> {
            if (failure == null) {
                supervisor.post(() -> launched(begun, child, "started by"));
            } else {
                post(begun, () -> notLaunched(failure));
            }
        });
    }

    /** Supervisor's thread: goes on with the process of an earlier application's worker, in place of {@link #start}. */
    void takeUp(HandOver.ParkedWorker worker) {
        WorkerLife begun = new WorkerLife();
        life = begun;
        begun.takenUp();
        tokens.expect(worker.token(), this, begun);
        launched(begun, launcher.takeUp(spec, worker.child(), launchEvents(begun)), "taken over, started by");
    }

    /**
     * Supervisor's thread: has the worker wait for the application that follows; one that is not ready ends.
     *
     * @return completes when it has let go of this application; empty if it has ended, or was killed since it did not let go within the
     *     hello time-out
     */
    CompletionStage<Optional<HandOver.ParkedWorker>> park() {
        ChildProcess child = life.process();
        if (!(state instanceof WorkerState.Ready ready) || child == null) {
            return stop().thenApply(ignored -> Optional.empty());
        }
        String token = tokens.make();
        to(ready.park());
        life.endedByUs();
        life.link().park(token);
        return parked.orTimeout(config.helloTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .thenApply(ignored -> child.alive()
                        ? Optional.of(new HandOver.ParkedWorker(token, child.handOver()))
                        : Optional.<HandOver.ParkedWorker>empty())
                .exceptionallyCompose(late -> child.kill().thenApply(ignored -> Optional.empty()));
    }

    private CompletionStage<ChildProcess> launch(WorkerLife begun) {
        try {
            return launcher.launch(spec, settings -> tokens.issue(this, begun, settings), launchEvents(begun));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private LaunchEvents launchEvents(WorkerLife of) {
        return new LaunchEvents() {
            @Override
            public void output(String line) {
                LOG.debugf("worker %d: %s", spec.id(), line);
            }

            @Override
            public void progress(String phase, double share) {
                post(of, () -> Worker.this.progress(phase, share));
            }
        };
    }

    /** Any thread: has the supervisor do this, unless that life is over by then. */
    private void post(WorkerLife of, Runnable what) {
        supervisor.post(() -> {
            if (of == life) {
                what.run();
            }
        });
    }

    /** Supervisor's thread: a connection proved to be this life's worker. Returns false if that life is over. */
    boolean connected(WorkerLife of, WorkerLink connection) {
        if (of != life || !(state instanceof WorkerState.Starting)) {
            return false;
        }
        of.connected(connection);
        return true;
    }

    /** What the link of a life tells; to be given to it before it runs. */
    WorkerLink.Events events(WorkerLife of, Runnable capacity) {
        return new WorkerLink.Events() {
            @Override
            public void progress(Progress progress) {
                post(of, () -> Worker.this.progress(progress.getPhase(), progress.getFraction()));
            }

            @Override
            public void ready(Ready ready) {
                post(of, () -> Worker.this.ready(ready));
            }

            @Override
            public void fatal(Fatal fatal) {
                post(of, () -> of.fatal(fatal));
            }

            @Override
            public void lost(String cause, boolean unexplained) {
                post(of, () -> Worker.this.lost(cause, unexplained));
            }

            @Override
            public void capacity() {
                capacity.run();
            }
        };
    }

    /**
     * Supervisor's thread, now and then: a start without progress ends, and so does a worker that does not move: it has work, or was asked.
     *
     * @param late whether this comes far later than it should: then the engine has slept itself, and has not heard what was said
     */
    void check(Instant now, boolean late) {
        WorkerLink connection = life.link();
        if (connection != null && state instanceof WorkerState.Ready) {
            if (late) {
                connection.pulse().heard(System.nanoTime());
            }
            Duration stuck = connection.pulse().stuckFor(System.nanoTime());
            if (!stuck.isZero()) {
                life.endedByUs();
                failed((connection.pulse().busy()
                                ? "it has work and has not moved for "
                                : "it has no work and has not answered a ping for ")
                        + stuck.toMillis() / 1000.0 + " s");
                return;
            }
            connection.ping(System.nanoTime());
        }
        if (state instanceof WorkerState.Failed failed && since.plus(UNENDING).isBefore(now)) {
            // in the kernel's hands, or a thread of this process: nothing can be done about it from here
            Long pid = life.pid();
            life = new WorkerLife();
            to(failed.giveUp());
            LOG.errorf(
                    "worker %d: given up: its %s has not ended within %d s of being killed: %s",
                    spec.id(),
                    pid == null ? "start or thread" : "process " + pid,
                    UNENDING.toSeconds(),
                    failed.cause());
            return;
        }
        // a worker of an earlier application has said Hello already, unless it was stopped
        Duration limit = life.wasTakenUp() ? config.helloTimeout() : config.startTimeout();
        if (state instanceof WorkerState.Starting starting && life.still(now, limit)) {
            life.endedByUs();
            failed("no progress in " + limit.toMillis() / 1000.0 + " s (" + starting.detail() + ")");
        }
    }

    /** Supervisor's thread: asks the worker to end, and makes it. Completes when the process is gone. */
    CompletionStage<Void> stop() {
        return stop(false);
    }

    /**
     * Supervisor's thread: has the worker end. Completes when the process is gone.
     *
     * @param atOnce by SIGKILL, which needs no thread of the engine's
     */
    CompletionStage<Void> stop(boolean atOnce) {
        switch (state) {
            case WorkerState.Starting s -> drain(s.drain(), atOnce);
            case WorkerState.Ready s -> drain(s.drain(), atOnce);
            case WorkerState.Failed s -> drain(s.drain(), atOnce);
            case WorkerState.BackingOff s -> to(s.stopped());
            case WorkerState.GivenUp s -> to(s.stopped());
            case WorkerState.Parked s -> stopped.complete(null);
            case WorkerState.Draining s -> {}
            case WorkerState.Stopped s -> {}
        }
        return stopped.minimalCompletionStage();
    }

    private void drain(WorkerState.Draining draining, boolean atOnce) {
        to(draining);
        life.endedByUs();
        ChildProcess child = life.process();
        if (life.isGone()) {
            to(draining.stopped());
            return;
        }
        if (child == null) {
            // it is being made at this moment: launched() sees the state and ends it
            return;
        }
        WorkerLink connection = life.link();
        if (atOnce || connection == null) {
            // without a connection it cannot be asked yet, and has nothing to lose
            child.kill();
        } else {
            connection.stop();
            supervisor.postLater(config.stopPatience(), () -> {
                if (child.alive()) {
                    child.kill();
                }
            });
        }
    }

    private void launched(WorkerLife of, ChildProcess child, String how) {
        of.launched(child);
        child.exited().thenAccept(exit -> supervisor.post(() -> exited(of, child, exit)));
        if (!(state instanceof WorkerState.Starting) || of != life) {
            child.kill();
            return;
        }
        String process = child.pid() == 0 ? "" : "process " + child.pid() + " ";
        String place =
                spec.numaNode().isPresent() ? " on NUMA node " + spec.numaNode().getAsInt() : "";
        LOG.infof("worker %d: %s%s %s%s", spec.id(), process, how, launcher.method(), place);
        changed.run();
    }

    private void notLaunched(Throwable failure) {
        // a launcher that loads the model can be killed for its size as well
        String killer =
                oomKills.claim(System.nanoTime()).map(what -> ": " + what).orElse("");
        if (failure instanceof Error) {
            UncaughtErrors.report("the start of worker " + spec.id(), failure);
        }
        startAborted =
                LastWords.abort(List.of(String.valueOf(failure.getMessage()))).orElse(null);
        gone("it could not be started: " + failure.getMessage() + killer + threadLimit(failure.getMessage()));
    }

    private void progress(String phase, double share) {
        if (state instanceof WorkerState.Starting starting) {
            life.moves();
            state = starting.progress(phase, share);
            tell(state);
            LOG.debugf("worker %d: %s", spec.id(), state.detail());
        }
    }

    private void ready(Ready ready) {
        if (state instanceof WorkerState.Starting starting) {
            Duration took = Duration.between(since, Instant.now());
            everReady = true;
            // before anybody hears of it, who may log what follows from it
            LOG.infof(
                    "worker %d: ready after %d ms; %s on %s, %d slots of %d tokens, %d threads, llama.cpp %s, %s",
                    spec.id(),
                    took.toMillis(),
                    ready.getModelDescription(),
                    ready.getDevice(),
                    ready.getSlots(),
                    ready.getContextLength(),
                    ready.getThreads(),
                    ready.getLlamaVersion(),
                    ready.getGuards().getConfinement().isEmpty()
                            ? "not confined"
                            : "confined by " + ready.getGuards().getConfinement());
            to(starting.ready());
        }
    }

    private void exited(WorkerLife of, ChildProcess child, ExitStatus exit) {
        Optional<String> killer = of == life && of.killed(exit) ? oomKills.claim(System.nanoTime()) : Optional.empty();
        Optional<CrashTrace> crash = launcher.crash(child.pid());
        lastOutput = child.lastOutput();
        startAborted = LastWords.abort(lastOutput).orElse(null);
        Optional<String> known = killer.or(() -> outOfMemory(exit, lastOutput));
        Optional<String> cause = known.or(() -> LastWords.abort(lastOutput))
                .or(() -> crash.map(CrashTrace::what).filter(what -> !what.isEmpty()));
        String how = exit + cause.map(what -> ": " + what).orElse("");
        lastExit = how + crash.map(trace -> "; its trace: " + trace.file()).orElse("");
        long peak = child.peakMemoryBytes();
        LOG.infof(
                "worker %d: its process ended by %s%s",
                spec.id(), lastExit, peak == 0 ? "" : "; it had " + (peak >> 20) + " MiB at most");
        if (of != life) {
            return;
        }
        of.exited(exit, killer.isPresent(), how);
        String end = of.end().orElseThrow();
        if ((known.isPresent() || of.isVague()) && state instanceof WorkerState.Failed failed) {
            // the end of its connection was here first, and did not tell why
            String why = cause.isPresent() ? end : withLastWords(end);
            to(failed.because(why));
            LOG.warnf("worker %d: it was lost because %s", spec.id(), why);
        }
        WorkerLink connection = of.link();
        if (connection == null && exit.equals(CANNOT_SERVE)) {
            // so quick, on a machine so busy, that its connection is not even known yet
            supervisor.postLater(FIRST_FRAMES, () -> concluded(of, end));
        } else if (connection == null || connection.closed()) {
            ended(end);
        } else {
            // what it said last may still be on its way; the end of its connection is right behind
            supervisor.postLater(LAST_FRAMES, () -> connection.processGone(end));
        }
    }

    /** Unless the end of its connection has told meanwhile. */
    private void concluded(WorkerLife of, String end) {
        WorkerLink connection = of.link();
        if (of == life && !of.isGone()) {
            if (connection == null || connection.closed()) {
                ended(end);
            } else {
                connection.processGone(end);
            }
        }
    }

    /** What its JVM says when it ends for want of memory of its own ({@link WorkerBounds}). */
    private Optional<String> outOfMemory(ExitStatus exit, List<String> output) {
        return exit.equals(JVM_OUT_OF_MEMORY) && output.stream().anyMatch(line -> line.contains("OutOfMemoryError"))
                ? Optional.of("its JVM ran out of memory, with a heap of "
                        + ByteFormat.of(spec.bounds().heapBytes())
                        + "; set a larger one, such as quern.worker.jvm-options=-Xmx"
                        + 2 * (spec.bounds().heapBytes() >> 20) + "m")
                : Optional.empty();
    }

    /** Its connection is gone. */
    private void lost(String how, boolean unexplained) {
        life.end().ifPresentOrElse(this::ended, () -> {
            if (unexplained && !(state instanceof WorkerState.Failed)) {
                life.vague();
            }
            failed(life.fatalOr(how));
        });
    }

    /** Its process is gone, and so is its connection, if it had one. */
    private void ended(String end) {
        WorkerLink connection = life.link();
        if (connection != null) {
            connection.ended(life.cause());
        }
        gone(life.fatalOr(withLastWords(end) + threadLimit(String.join("\n", lastOutput))));
    }

    /** Named where it is what kept a process from starting. */
    private static String threadLimit(String said) {
        return ThreadLimit.reached(said) ? ". " + ThreadLimit.describe() : "";
    }

    private String withLastWords(String end) {
        return lastOutput.isEmpty()
                        // the banner that a crashing JVM prints: its trace says more
                        || lastOutput.getLast().startsWith("#")
                        || LastWords.abort(lastOutput).filter(end::contains).isPresent()
                ? end
                : end + "; its last line: " + lastOutput.getLast();
    }

    /** There is no process any more, or never was. */
    private void gone(String cause) {
        life.gone();
        if (state instanceof WorkerState.Draining draining) {
            to(draining.stopped());
        } else if (state instanceof WorkerState.Failed failed) {
            // it had been given up before: its end was all that was waited for
            afterwards(failed);
        } else {
            failed(cause);
        }
    }

    /** The worker is lost; it is restarted once its process is gone. */
    private void failed(String cause) {
        WorkerState.Failed failed =
                switch (state) {
                    case WorkerState.Starting s -> s.failed(cause);
                    case WorkerState.Ready s -> s.failed(cause);
                    case WorkerState.Failed s -> null;
                    case WorkerState.BackingOff s -> null;
                    case WorkerState.Parked s -> {
                        // it closes its connection when it has another
                        parked.complete(null);
                        yield null;
                    }
                    case WorkerState.Draining s -> null;
                    case WorkerState.Stopped s -> null;
                    case WorkerState.GivenUp s -> null;
                };
        if (failed == null) {
            return;
        }
        tokens.revoke(this);
        to(failed);
        LOG.warnf("worker %d: lost: %s", spec.id(), cause);
        if (life.isVague()) {
            // it is most likely on its way out, and how it ends says more than a kill of ours would
            WorkerLife of = life;
            supervisor.postLater(LAST_FRAMES, () -> {
                if (of == life && !of.isGone()) {
                    of.livesOn();
                    of.discard(cause);
                }
            });
        } else {
            life.discard(cause);
        }
        if (life.isGone()) {
            afterwards(failed);
        }
    }

    private void afterwards(WorkerState.Failed failed) {
        if (!everReady && endsAlways()) {
            LOG.errorf("worker %d: given up, since another start would end alike: %s", spec.id(), failed.cause());
            to(failed.giveUp());
            return;
        }
        life = new WorkerLife();
        Instant now = Instant.now();
        OptionalLong delay = restartPolicy.nextDelayMillis(now);
        if (delay.isEmpty()) {
            to(failed.giveUp());
            LOG.errorf(
                    "worker %d: given up after %d restarts in %s: %s",
                    spec.id(), config.restart().maxRestarts(), config.restart().period(), failed.cause());
            return;
        }
        WorkerState.BackingOff backingOff = failed.backOff(now.plusMillis(delay.getAsLong()));
        to(backingOff);
        LOG.infof("worker %d: started again in %d ms", spec.id(), delay.getAsLong());
        supervisor.postLater(Duration.ofMillis(delay.getAsLong()), () -> {
            if (state == backingOff) {
                settle(backingOff);
            }
        });
    }

    /**
     * Whether the start that has just failed shows that all would fail: the worker said so itself, or twice the same assertion of native code
     * ended it or the process that was to fork it.
     */
    private boolean endsAlways() {
        boolean again = startAborted != null && startAborted.equals(earlierStartAborted);
        earlierStartAborted = startAborted;
        startAborted = null;
        return again || life.unusable();
    }

    /** Waits for what the last process has not given back yet, if anything. */
    private void settle(WorkerState.BackingOff backingOff) {
        Optional<CompletionStage<Void>> settled = launcher.settled(spec);
        if (settled.isEmpty()) {
            restart(backingOff);
            return;
        }
        WorkerState.BackingOff settling = backingOff.settling();
        to(settling);
        settled.get().whenComplete((done, failure) -> supervisor.post(() -> restart(settling)));
    }

    private void restart(WorkerState.BackingOff from) {
        if (state == from) {
            restarts++;
            to(from.start());
            start();
        }
    }

    private void tell(WorkerState before) {
        events.accept(
                new PoolEvent(Instant.now(), spec.id(), before.label(), state.label(), state.detail(), life.pid()));
    }

    private void to(WorkerState next) {
        LOG.debugf("worker %d: %s -> %s", spec.id(), state.label(), next.label());
        WorkerState before = state;
        state = next;
        since = Instant.now();
        changed.run();
        tell(before);
        if (next instanceof WorkerState.Stopped) {
            stopped.complete(null);
        }
    }
}
