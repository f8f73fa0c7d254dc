package io.quern.pool;

import io.quern.launch.LaunchEvents;
import io.quern.launch.Launcher;
import io.quern.launch.WorkerSpec;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.wire.Progress;
import io.quern.wire.Ready;
import java.nio.file.Path;
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
 * One worker's life, over all the processes it has. Its state is written on the supervisor's thread alone; what happens
 * elsewhere is posted there. Events of an earlier process are told apart by their life's number and ignored.
 */
final class Worker {
    private static final Logger LOG = Logger.getLogger(Worker.class);

    /** What frames of an ended process may take to be read. */
    private static final Duration LAST_FRAMES = Duration.ofMillis(500);

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
    private volatile WorkerLink link;
    private volatile ChildProcess process;
    private volatile int restarts;
    private volatile String lastExit;
    private volatile List<String> lastOutput = List.of();

    private long life;
    private Instant lastProgress;
    private String fatal;

    /** How the process has ended, once it has. */
    private String end;

    /** Whether this engine has killed the process, or has told it to end. */
    private boolean endedByUs;

    private boolean processGone;
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

    WorkerState state() {
        return state;
    }

    /** The connection requests go to, or null; it may have no free slot or be about to break. */
    WorkerLink link() {
        return link;
    }

    /** @param standby whether it is ready and gets no requests */
    PoolView.WorkerView view(boolean standby) {
        ChildProcess current = process;
        WorkerLink connection = link;
        Ready ready = connection == null ? null : connection.ready();
        return new PoolView.WorkerView(
                spec.id(),
                pidOf(current),
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

    private static Long pidOf(ChildProcess process) {
        return process == null || !process.alive() || process.pid() == 0 ? null : process.pid();
    }

    /** Supervisor's thread: one of its ends is not counted. */
    void forgive() {
        restartPolicy.forgive();
    }

    /** Supervisor's thread: makes a process. */
    void start() {
        long thisLife = ++life;
        fatal = null;
        end = null;
        endedByUs = false;
        processGone = false;
        lastProgress = Instant.now();
        String token = tokens.issue(this, thisLife);
        launch(token)
                .whenComplete((child, failure) -> supervisor.post(() -> {
                    if (failure != null) {
                        // a fork parent that loads the model can be killed for its size as well
                        String killer = oomKills.claim(System.nanoTime())
                                .map(what -> ": " + what)
                                .orElse("");
                        gone(thisLife, "it could not be started: " + failure.getMessage() + killer);
                    } else {
                        launched(thisLife, child, "started by");
                    }
                }));
    }

    /** Supervisor's thread: goes on with the process of an earlier application's worker, in place of {@link #start}. */
    void takeUp(HandOver.ParkedWorker worker) {
        long thisLife = ++life;
        lastProgress = Instant.now();
        tokens.expect(worker.token(), this, thisLife);
        launched(thisLife, launcher.takeUp(spec, worker.child(), launchEvents(thisLife)), "taken over, started by");
    }

    /**
     * Supervisor's thread: has the worker wait for the application that follows; one that is not ready ends.
     *
     * @return completes when it has let go of this application; empty if it has ended, or was killed since it did not let go within the
     *     hello time-out
     */
    CompletionStage<Optional<HandOver.ParkedWorker>> park() {
        ChildProcess child = process;
        if (!(state instanceof WorkerState.Ready ready) || child == null) {
            return stop().thenApply(ignored -> Optional.empty());
        }
        String token = tokens.make();
        to(ready.park());
        endedByUs = true;
        link.park(token);
        return parked.orTimeout(config.helloTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .thenApply(ignored -> child.alive()
                        ? Optional.of(new HandOver.ParkedWorker(token, child.handOver()))
                        : Optional.<HandOver.ParkedWorker>empty())
                .exceptionallyCompose(late -> child.kill().thenApply(ignored -> Optional.empty()));
    }

    private CompletionStage<ChildProcess> launch(String token) {
        try {
            return launcher.launch(spec, token, launchEvents(life));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private LaunchEvents launchEvents(long ofLife) {
        return new LaunchEvents() {
            @Override
            public void output(String line) {
                LOG.debugf("worker %d: %s", spec.id(), line);
            }

            @Override
            public void progress(String phase, double share) {
                supervisor.post(() -> Worker.this.progress(ofLife, phase, share));
            }
        };
    }

    /** Supervisor's thread: a connection proved to be this life's worker. Returns false if that life is over. */
    boolean connected(long ofLife, WorkerLink connection) {
        if (ofLife != life || !(state instanceof WorkerState.Starting)) {
            return false;
        }
        link = connection;
        return true;
    }

    /** What the link of a life tells; to be given to it before it runs. */
    WorkerLink.Events events(long ofLife, Runnable capacity) {
        return new WorkerLink.Events() {
            @Override
            public void progress(Progress progress) {
                supervisor.post(() -> Worker.this.progress(ofLife, progress.getPhase(), progress.getFraction()));
            }

            @Override
            public void ready(Ready ready) {
                supervisor.post(() -> Worker.this.ready(ofLife, ready));
            }

            @Override
            public void fatal(String message) {
                supervisor.post(() -> {
                    if (ofLife == life) {
                        fatal = message;
                    }
                });
            }

            @Override
            public void lost(String cause) {
                supervisor.post(() -> Worker.this.lost(ofLife, cause));
            }

            @Override
            public void capacity() {
                capacity.run();
            }
        };
    }

    /**
     * Supervisor's thread, now and then: a start without progress ends, and so does a worker that has work and does not move.
     *
     * @param late whether this comes far later than it should: then the engine has slept itself, and has not heard what was said
     */
    void check(Instant now, boolean late) {
        WorkerLink connection = link;
        if (connection != null && state instanceof WorkerState.Ready) {
            if (late) {
                connection.pulse().heard(System.nanoTime());
            }
            Duration stuck = connection.pulse().stuckFor(System.nanoTime());
            if (!stuck.isZero()) {
                endedByUs = true;
                failed(life, "it has work and has not moved for " + stuck.toMillis() / 1000.0 + " s");
                return;
            }
        }
        Duration limit = config.startTimeout();
        if (state instanceof WorkerState.Starting starting
                && lastProgress.plus(limit).isBefore(now)) {
            endedByUs = true;
            String cause = "no progress in " + limit.toMillis() / 1000.0 + " s (" + starting.detail() + ")";
            failed(life, cause);
        }
    }

    /** Supervisor's thread: asks the worker to end, and makes it. Completes when the process is gone. */
    CompletionStage<Void> stop() {
        switch (state) {
            case WorkerState.Starting s -> drain(s.drain());
            case WorkerState.Ready s -> drain(s.drain());
            case WorkerState.Failed s -> drain(s.drain());
            case WorkerState.BackingOff s -> to(s.stopped());
            case WorkerState.GivenUp s -> to(s.stopped());
            case WorkerState.Parked s -> stopped.complete(null);
            case WorkerState.Draining s -> {}
            case WorkerState.Stopped s -> {}
        }
        return stopped.minimalCompletionStage();
    }

    private void drain(WorkerState.Draining draining) {
        to(draining);
        endedByUs = true;
        ChildProcess child = process;
        if (processGone) {
            to(draining.stopped());
            return;
        }
        if (child == null) {
            // it is being made at this moment: launched() sees the state and ends it
            return;
        }
        WorkerLink connection = link;
        if (connection == null) {
            child.terminate(config.stopPatience());
        } else {
            connection.stop();
            supervisor.postLater(config.stopPatience(), () -> {
                if (child.alive()) {
                    child.terminate(config.stopPatience());
                }
            });
        }
    }

    private void launched(long ofLife, ChildProcess child, String how) {
        process = child;
        child.exited().thenAccept(exit -> supervisor.post(() -> exited(ofLife, child, exit)));
        if (!(state instanceof WorkerState.Starting) || ofLife != life) {
            child.kill();
            return;
        }
        String process = child.pid() == 0 ? "" : "process " + child.pid() + " ";
        String place =
                spec.numaNode().isPresent() ? " on NUMA node " + spec.numaNode().getAsInt() : "";
        LOG.infof("worker %d: %s%s %s%s", spec.id(), process, how, launcher.method(), place);
        changed.run();
    }

    private void progress(long ofLife, String phase, double share) {
        if (ofLife == life && state instanceof WorkerState.Starting starting) {
            lastProgress = Instant.now();
            state = starting.progress(phase, share);
            tell(state);
            LOG.debugf("worker %d: %s", spec.id(), state.detail());
        }
    }

    private void ready(long ofLife, Ready ready) {
        if (ofLife == life && state instanceof WorkerState.Starting starting) {
            Duration took = Duration.between(since, Instant.now());
            to(starting.ready());
            LOG.infof(
                    "worker %d: ready after %d ms; %s on %s, %d slots of %d tokens, %d threads, llama.cpp %s",
                    spec.id(),
                    took.toMillis(),
                    ready.getModelDescription(),
                    ready.getDevice(),
                    ready.getSlots(),
                    ready.getContextLength(),
                    ready.getThreads(),
                    ready.getLlamaVersion());
        }
    }

    private void exited(long ofLife, ChildProcess child, ExitStatus exit) {
        Optional<String> killer =
                exit.killed() && ofLife == life && !endedByUs ? oomKills.claim(System.nanoTime()) : Optional.empty();
        String how = exit + killer.map(what -> ": " + what).orElse("");
        Optional<Path> crashFile = launcher.crashFile(child.pid());
        lastExit = how + crashFile.map(file -> "; its trace: " + file).orElse("");
        lastOutput = child.lastOutput();
        long peak = child.peakMemoryBytes();
        LOG.infof(
                "worker %d: its process ended by %s%s",
                spec.id(), lastExit, peak == 0 ? "" : "; it had " + (peak >> 20) + " MiB at most");
        if (ofLife != life) {
            return;
        }
        end = "its process ended by " + how;
        if (killer.isPresent() && state instanceof WorkerState.Failed failed) {
            // the end of its connection was here first, and did not tell why
            to(failed.because(end));
            LOG.warnf("worker %d: it was lost because %s", spec.id(), end);
        }
        WorkerLink connection = link;
        if (connection == null || connection.closed()) {
            gone(ofLife, cause());
        } else {
            // what it said last may still be on its way; the end of its connection is right behind
            supervisor.postLater(LAST_FRAMES, () -> connection.close(end));
        }
    }

    /** Its connection is gone. */
    private void lost(long ofLife, String how) {
        if (ofLife == life && end != null) {
            gone(ofLife, cause());
        } else {
            failed(ofLife, fatal == null ? how : fatal);
        }
    }

    private String cause() {
        return fatal != null ? fatal : end + lastWords();
    }

    /** There is no process of that life any more, or never was. */
    private void gone(long ofLife, String cause) {
        if (ofLife != life) {
            return;
        }
        processGone = true;
        if (state instanceof WorkerState.Draining draining) {
            to(draining.stopped());
        } else if (state instanceof WorkerState.Failed failed) {
            // it had been given up before: its end was all that was waited for
            afterwards(failed);
        } else {
            failed(ofLife, cause);
        }
    }

    private String lastWords() {
        return lastOutput.isEmpty() ? "" : "; its last line: " + lastOutput.getLast();
    }

    /** The worker is lost; it is restarted once its process is gone. */
    private void failed(long ofLife, String cause) {
        if (ofLife != life) {
            return;
        }
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
        ChildProcess child = process;
        if (!processGone && child != null) {
            // before its connection goes: it must not get the time to end by itself, as if all were well
            child.kill();
        }
        WorkerLink connection = link;
        if (connection != null) {
            connection.close(cause);
        }
        if (processGone) {
            afterwards(failed);
        }
    }

    private void afterwards(WorkerState.Failed failed) {
        process = null;
        link = null;
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
                new PoolEvent(Instant.now(), spec.id(), before.label(), state.label(), state.detail(), pidOf(process)));
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
