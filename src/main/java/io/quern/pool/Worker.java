package io.quern.pool;

import io.quern.launch.WorkerSpec;
import io.quern.launch.WorkerStarter;
import io.quern.log.KeyedLog;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.time.EngineClock;
import io.quern.wire.Ready;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * One worker through all its lives; decides how its state changes after each event. Used on the supervisor's thread, to
 * which other threads post events. A life that is over reports nothing more.
 */
final class Worker {
    private static final KeyedLog LOG = KeyedLog.of(Worker.class);

    /** Longest time for the process of a lost worker to end, before the worker is given up. */
    private static final Duration UNENDING = Duration.ofMinutes(2);

    private final WorkerSpec spec;
    private final PoolConfig config;
    private final EngineClock clock;
    private final Supervisor supervisor;
    private final WorkerStarter starter;
    private final Tokens tokens;
    private final LifeStart starts;
    private final PostMortems ends;
    private final Recovery recovery;
    private final WorkerLifecycle lifecycle;
    private final Runnable changed;
    private final LifeWatcher watcher = new Watcher();

    private volatile WorkerLife life;
    private volatile int restarts;

    /** How often earlier lives have paused a request. */
    private volatile long pauses;

    private volatile DraftTokens drafts = DraftTokens.NONE;

    private final CompletableFuture<Void> stopped = new CompletableFuture<>();

    /**
     * @param changed called on the supervisor's thread after every change of state
     * @param events receives the events of the worker there
     */
    Worker(WorkerSpec spec, Supervision supervision, Recovery recovery, Runnable changed, Consumer<PoolEvent> events) {
        this.spec = spec;
        config = supervision.config();
        clock = supervision.clock();
        supervisor = supervision.supervisor();
        starter = supervision.starter();
        tokens = supervision.tokens();
        starts = new LifeStart(spec, supervision);
        ends = new PostMortems(spec, supervision);
        this.recovery = recovery;
        this.changed = changed;
        lifecycle = new WorkerLifecycle(spec.id(), clock, changed, events);
        life = new WorkerLife(supervisor, clock, watcher);
    }

    int id() {
        return spec.id();
    }

    WorkerSpec spec() {
        return spec;
    }

    WorkerState state() {
        return lifecycle.state();
    }

    /** Returns the connection for requests, or null. It may have no free slot or be about to break. */
    WorkerLink link() {
        return life.link();
    }

    /** @param standby whether the worker is ready but gets no requests */
    PoolView.WorkerView view(boolean standby) {
        WorkerState state = state();
        WorkerLife current = life;
        WorkerLink connection = current.link();
        Ready ready = connection == null ? null : connection.ready();
        Optional<PostMortem> end = ends.last();
        return new PoolView.WorkerView(
                spec.id(),
                current.pid(),
                state.label(),
                standby ? "stands by" : state.detail(),
                standby,
                lifecycle.since(),
                starter.method().toString(),
                ready == null ? 0 : ready.getSlots(),
                connection == null ? 0 : connection.busySlots(),
                ready == null ? 0 : ready.getContextLength(),
                connection == null ? 0 : connection.cachedTokens(),
                ready == null ? 0 : ready.getCacheTokens(),
                connection == null ? 0 : connection.waiting(),
                pauses + (connection == null ? 0 : connection.pauses()),
                connection == null ? 0 : connection.generatedTokens(),
                connection == null ? drafts : drafts.plus(connection.drafts()),
                ready == null ? null : ready.getDevice(),
                restarts,
                end.map(PostMortem::lastExit).orElse(null),
                end.map(PostMortem::lastOutput).orElse(List.of()));
    }

    /** Returns a life that follows the present one. */
    private WorkerLife next() {
        WorkerLink connection = life.link();
        pauses += connection == null ? 0 : connection.pauses();
        drafts = connection == null ? drafts : drafts.plus(connection.drafts());
        return new WorkerLife(supervisor, clock, watcher);
    }

    /** Stops counting one end of the worker. Called on the supervisor's thread. */
    void forgive() {
        recovery.forgive();
    }

    /** Starts a process. Called on the supervisor's thread. */
    void start() {
        WorkerLife begun = life;
        begun.start().begins();
        starts.start(
                begun, settings -> tokens.issue(this, begun, settings), child -> launched(begun, child, "started by"));
    }

    /**
     * Continues with the process of an earlier application's worker instead of starting one. Called on the
     * supervisor's thread.
     */
    void takeUp(HandOver.ParkedWorker worker) {
        WorkerLife begun = life;
        begun.start().takenUp();
        tokens.expect(worker.token(), this, begun);
        launched(begun, starts.takeUp(begun, worker.child()), "taken over, started by");
    }

    private void launched(WorkerLife of, ChildProcess child, String how) {
        of.launched(child);
        if (!(state() instanceof WorkerState.Starting) || of.isOver()) {
            child.kill();
            return;
        }
        String place =
                spec.numaNode().isPresent() ? " on NUMA node " + spec.numaNode().getAsInt() : "";
        LOG.workerId(spec.id()).pid(child.pid()).infof("%s %s%s", how, starter.method(), place);
        changed.run();
    }

    /**
     * Accepts a connection that identified itself as this life's worker, on the supervisor's thread. Returns false if
     * that life is over.
     */
    boolean connected(WorkerLife of, WorkerLink connection) {
        if (of.isOver() || !(state() instanceof WorkerState.Starting)) {
            return false;
        }
        of.connected(connection);
        return true;
    }

    /**
     * Ends a start that makes no progress and a worker that does not respond to its work or to a ping. Called
     * regularly on the supervisor's thread.
     *
     * @param late whether this call comes far too late: then the engine itself was stopped and has not read what the
     *     worker sent
     */
    void check(boolean late) {
        switch (state()) {
            case WorkerState.Ready ready -> life.link().stuck(late).ifPresent(life::endFor);
            case WorkerState.Starting starting -> {
                Duration limit = life.start().limit(config);
                if (life.start().still(limit)) {
                    life.endFor(new EndCause.Stuck(
                            "no progress in " + limit.toMillis() / 1000.0 + " s (" + starting.detail() + ")"));
                }
            }
            case WorkerState.Failed failed -> {
                if (lifecycle.age().compareTo(UNENDING) > 0) {
                    giveUpUnended(failed);
                }
            }
            case WorkerState.BackingOff s -> {}
            case WorkerState.Parked s -> {}
            case WorkerState.Draining s -> {}
            case WorkerState.Stopped s -> {}
            case WorkerState.GivenUp s -> {}
        }
    }

    /**
     * Ends a worker whose process somebody has stopped. Called regularly on the supervisor's thread.
     *
     * @param period the time between two calls
     */
    void look(Duration period) {
        if (state() instanceof WorkerState.Ready || state() instanceof WorkerState.Starting) {
            life.look(period, clock.nanos());
        }
    }

    /** The process hangs in the kernel, or it is a thread of this process: the engine cannot end either. */
    private void giveUpUnended(WorkerState.Failed failed) {
        Long pid = life.pid();
        life.abandon();
        life = next();
        transition(failed.giveUp());
        LOG.workerId(spec.id())
                .pid(pid)
                .errorf(
                        "given up: its %s has not ended within %d s of being killed: %s",
                        pid == null ? "start or thread" : "process", UNENDING.toSeconds(), failed.cause());
    }

    /**
     * Stops the worker, on the supervisor's thread. Completes when the process is gone.
     *
     * @param atOnce whether to use SIGKILL, which needs no thread of the engine; otherwise the worker is asked first
     */
    CompletionStage<Void> stop(boolean atOnce) {
        switch (state()) {
            case WorkerState.Starting s -> drain(s.drain(), atOnce);
            case WorkerState.Ready s -> drain(s.drain(), atOnce);
            case WorkerState.Failed s -> drain(s.drain(), atOnce);
            case WorkerState.BackingOff s -> transition(s.stopped());
            case WorkerState.GivenUp s -> transition(s.stopped());
            case WorkerState.Parked s -> stopped.complete(null);
            case WorkerState.Draining s -> {}
            case WorkerState.Stopped s -> {}
        }
        return stopped.minimalCompletionStage();
    }

    private void drain(WorkerState.Draining draining, boolean atOnce) {
        transition(draining);
        if (life.isOver()) {
            transition(draining.stopped());
        } else if (atOnce) {
            life.kill();
        } else {
            life.stop(config.stopPatience());
        }
    }

    /**
     * Parks the worker for the next application, on the supervisor's thread. A worker that is not ready ends.
     *
     * @return completes when the worker has disconnected from this application; empty if it ended, or was killed
     *     because it did not disconnect within the hello timeout
     */
    CompletionStage<Optional<HandOver.ParkedWorker>> park() {
        ChildProcess child = life.process();
        if (!(state() instanceof WorkerState.Ready ready) || child == null) {
            return stop(false).thenApply(ignored -> Optional.empty());
        }
        String token = tokens.make();
        transition(ready.park());
        return life.park(token, config.helloTimeout())
                .thenApply(ignored -> child.alive()
                        ? Optional.of(new HandOver.ParkedWorker(token, child.handOver()))
                        : Optional.<HandOver.ParkedWorker>empty())
                .exceptionallyCompose(late -> child.kill().thenApply(ignored -> Optional.empty()));
    }

    private void afterwards(WorkerState.Failed failed, EndCause end) {
        switch (recovery.after(end, clock.instant())) {
            case Recovery.Verdict.Hopeless hopeless -> {
                LOG.workerId(spec.id())
                        .pid(life.pid())
                        .errorf("given up, because another start would fail the same way: %s", failed.cause());
                transition(failed.giveUp());
            }
            case Recovery.Verdict.TooOften tooOften -> {
                life = next();
                transition(failed.giveUp());
                LOG.workerId(spec.id())
                        .pid(life.pid())
                        .errorf(
                                "given up after %d restarts in %s: %s",
                                config.restart().maxRestarts(), config.restart().period(), failed.cause());
            }
            case Recovery.Verdict.Again again -> {
                life = next();
                WorkerState.BackingOff backingOff =
                        failed.backOff(clock.instant().plus(again.delay()));
                transition(backingOff);
                LOG.workerId(spec.id())
                        .pid(life.pid())
                        .infof("restarts in %d ms", again.delay().toMillis());
                supervisor.postLater(again.delay(), () -> settle(backingOff));
            }
        }
    }

    /** Waits until the resources of the last process are free, if necessary. */
    private void settle(WorkerState.BackingOff backingOff) {
        if (state() != backingOff) {
            return;
        }
        Optional<CompletionStage<Void>> settled = starter.settled(spec);
        if (settled.isEmpty()) {
            restart(backingOff);
            return;
        }
        WorkerState.BackingOff settling = backingOff.settling();
        transition(settling);
        settled.get().whenComplete((done, failure) -> supervisor.post(() -> restart(settling)));
    }

    private void restart(WorkerState.BackingOff from) {
        if (state() == from) {
            restarts++;
            transition(from.start());
            start();
        }
    }

    private void transition(WorkerState next) {
        lifecycle.transition(next, life.pid());
        if (next instanceof WorkerState.Stopped) {
            stopped.complete(null);
        }
    }

    /** Handles the events of the current life. */
    private final class Watcher implements LifeWatcher {
        @Override
        public void progress(String phase, double share) {
            if (state() instanceof WorkerState.Starting starting) {
                life.start().moves();
                transition(starting.progress(phase, share));
            }
        }

        @Override
        public void ready(Ready ready) {
            if (state() instanceof WorkerState.Starting starting) {
                recovery.ready();
                // before others are notified, who may log what follows
                LOG.workerId(spec.id())
                        .pid(life.pid())
                        .infof(
                                "ready after %d ms; %s on %s, %d slots of %d tokens, %d threads, llama.cpp %s, %s",
                                lifecycle.age().toMillis(),
                                ready.getModelDescription(),
                                ready.getDevice(),
                                ready.getSlots(),
                                ready.getContextLength(),
                                ready.getThreads(),
                                ready.getLlamaVersion(),
                                ready.getGuards().getConfinement().isEmpty()
                                        ? "not confined"
                                        : "confined by " + ready.getGuards().getConfinement());
                transition(starting.ready());
            }
        }

        @Override
        public PostMortem examine(ChildProcess child, ExitStatus exit, boolean killed) {
            return ends.examine(child, exit, killed);
        }

        @Override
        public void lost(EndCause cause) {
            switch (state()) {
                case WorkerState.Starting s -> fail(s.failed(cause.text()), cause);
                case WorkerState.Ready s -> fail(s.failed(cause.text()), cause);
                case WorkerState.Failed s -> {
                    transition(s.because(cause.text()));
                    LOG.workerId(spec.id()).pid(life.pid()).warnf("cause of the loss: %s", cause.text());
                }
                case WorkerState.Parked s -> life.letGo();
                case WorkerState.Draining s -> {}
                case WorkerState.BackingOff s -> {}
                case WorkerState.Stopped s -> {}
                case WorkerState.GivenUp s -> {}
            }
        }

        private void fail(WorkerState.Failed failed, EndCause cause) {
            tokens.revoke(Worker.this);
            transition(failed);
            LOG.workerId(spec.id()).pid(life.pid()).warnf("lost: %s", cause.text());
            life.discard(cause);
        }

        @Override
        public void over(EndCause cause) {
            if (!(state() instanceof WorkerState.Failed)) {
                lost(cause);
            }
            if (state() instanceof WorkerState.Draining draining) {
                transition(draining.stopped());
            } else if (state() instanceof WorkerState.Failed failed) {
                afterwards(failed, cause);
            }
        }
    }
}
