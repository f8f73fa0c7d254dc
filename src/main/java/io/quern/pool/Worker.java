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
 * One worker, over all the lives it has: what follows from what happens to it, in each of its states. Lives on the supervisor's thread;
 * what happens elsewhere is posted there, and a life that is over tells nothing more.
 */
final class Worker {
    private static final KeyedLog LOG = KeyedLog.of(Worker.class);

    /** What a lost worker's process may take to be gone. */
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

    private final CompletableFuture<Void> stopped = new CompletableFuture<>();

    /**
     * @param changed told on the supervisor's thread after every change of state
     * @param events told there what has become of the worker
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

    /** The connection requests go to, or null; it may have no free slot or be about to break. */
    WorkerLink link() {
        return life.link();
    }

    /** @param standby whether it is ready and gets no requests */
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
                ready == null ? null : ready.getDevice(),
                restarts,
                end.map(PostMortem::lastExit).orElse(null),
                end.map(PostMortem::lastOutput).orElse(List.of()));
    }

    /** Supervisor's thread: one of its ends is not counted. */
    void forgive() {
        recovery.forgive();
    }

    /** Supervisor's thread: makes a process. */
    void start() {
        WorkerLife begun = life;
        begun.start().begins();
        starts.start(
                begun, settings -> tokens.issue(this, begun, settings), child -> launched(begun, child, "started by"));
    }

    /** Supervisor's thread: goes on with the process of an earlier application's worker, in place of {@link #start}. */
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

    /** Supervisor's thread: a connection proved to be this life's worker. Returns false if that life is over. */
    boolean connected(WorkerLife of, WorkerLink connection) {
        if (of.isOver() || !(state() instanceof WorkerState.Starting)) {
            return false;
        }
        of.connected(connection);
        return true;
    }

    /**
     * Supervisor's thread, now and then: a start without progress ends, and so does a worker that does not move: it has work, or was asked.
     *
     * @param late whether this comes far later than it should: then the engine has slept itself, and has not heard what was said
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

    /** Its process is in the kernel's hands, or a thread of this one: nothing can be done about it from here. */
    private void giveUpUnended(WorkerState.Failed failed) {
        Long pid = life.pid();
        life.abandon();
        life = new WorkerLife(supervisor, clock, watcher);
        transition(failed.giveUp());
        LOG.workerId(spec.id())
                .pid(pid)
                .errorf(
                        "given up: its %s has not ended within %d s of being killed: %s",
                        pid == null ? "start or thread" : "process", UNENDING.toSeconds(), failed.cause());
    }

    /**
     * Supervisor's thread: has the worker end. Completes when the process is gone.
     *
     * @param atOnce by SIGKILL, which needs no thread of the engine's; otherwise it is asked first
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
     * Supervisor's thread: has the worker wait for the application that follows; one that is not ready ends.
     *
     * @return completes when it has let go of this application; empty if it has ended, or was killed since it did not let go within the
     *     hello time-out
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
                life = new WorkerLife(supervisor, clock, watcher);
                transition(failed.giveUp());
                LOG.workerId(spec.id())
                        .pid(life.pid())
                        .errorf(
                                "given up after %d restarts in %s: %s",
                                config.restart().maxRestarts(), config.restart().period(), failed.cause());
            }
            case Recovery.Verdict.Again again -> {
                life = new WorkerLife(supervisor, clock, watcher);
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

    /** Waits for what the last process has not given back yet, if anything. */
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

    /** What becomes of its life. */
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
                // before anybody hears of it, who may log what follows from it
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
