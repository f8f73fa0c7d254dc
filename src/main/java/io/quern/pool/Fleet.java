package io.quern.pool;

import io.quern.boot.MemoryPlan;
import io.quern.device.ThreadLimit;
import io.quern.launch.Guard;
import io.quern.launch.WorkerSpec;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.socket.FrameConnection;
import io.quern.threads.UncaughtErrors;
import io.quern.time.EngineClock;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fault;
import io.quern.wire.WorkerFrame;
import java.nio.channels.ByteChannel;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;

/**
 * The workers of one engine, from their start to their end: starts them, routes to them, starts them again, stops them. Safe for use by
 * several threads.
 */
final class Fleet {
    /** The pool's: whoever filters its lines finds all of them. */
    private static final Logger LOG = Logger.getLogger(WorkerPool.class);

    private final PoolConfig config;
    private final Launch launch;
    private final Roster roster;
    private final MemoryLimits memory;
    private final PoolListeners listeners;
    private final Supervision supervision;
    private final List<Worker> workers;
    private final Routing routing;
    private final Availability availability;
    private final Doorkeeper doorkeeper;
    private final FleetEnd end;
    private final AtomicReference<Decision> decision;

    /** @param clock that supervision goes by */
    Fleet(
            PoolConfig config,
            EngineClock clock,
            PoolListeners listeners,
            Launch launch,
            Roster roster,
            MemoryLimits memory) {
        this.config = config;
        this.listeners = listeners;
        this.launch = launch;
        this.roster = roster;
        this.memory = memory;
        decision = new AtomicReference<>(launch.decision());
        supervision = new Supervision(
                config, clock, new Supervisor(clock), launch.starter(), new Tokens(), new OomKills(memory.cgroup()));
        workers = roster.specs().stream().map(this::worker).toList();
        routing = new Routing(roster.serving());
        availability = new Availability(workers, routing);
        doorkeeper = new Doorkeeper(
                launch.listener(), supervision.tokens(), supervision.supervisor(), config.helloTimeout(), this::enter);
        end = new FleetEnd(
                workers, supervision.supervisor(), doorkeeper, launch.starter(), UncaughtErrors.listen(this::breaks));
    }

    private Worker worker(WorkerSpec spec) {
        RestartPolicy restarts = new RestartPolicy(config.restart(), RandomGenerator.getDefault());
        return new Worker(spec, supervision, new Recovery(restarts), this::changed, listeners::tell);
    }

    /** Has every worker start, in the background. Once. */
    void start() {
        Map<Integer, HandOver.ParkedWorker> parked = roster.parked();
        supervision.supervisor().post(() -> {
            for (Worker worker : workers) {
                if (parked.containsKey(worker.id())) {
                    worker.takeUp(parked.get(worker.id()));
                } else {
                    worker.start();
                }
            }
            // then: parked workers have connected already, and their tokens must be known
            doorkeeper.open();
        });
        Rounds rounds = new Rounds(workers, supervision.oomKills(), supervision.clock());
        supervision.supervisor().every(Rounds.PERIOD, rounds);
    }

    Availability availability() {
        return availability;
    }

    Routing routing() {
        return routing;
    }

    /** The worker has ended once through no fault of its own: that is not counted against it. */
    void forgive(int worker) {
        supervision.supervisor().post(() -> workers.get(worker).forgive());
    }

    /** The start method and why. */
    Decision decision() {
        return decision.get();
    }

    /** Something that was found out later keeps workers from being forked. */
    void fellBackToSpawn(String cause) {
        Decision revised = decision.updateAndGet(
                before -> before.revised(supervision.clock().instant(), StartMethod.SPAWN, cause));
        DecisionLog.revised(revised.revisions().getLast());
    }

    /** What the workers need of the memory there is; empty where that was not looked at. */
    Optional<MemoryView> memory() {
        return memory.plan().map(plan -> MemoryView.of(plan, oomKills()));
    }

    /** Workers that the kernel has killed for want of memory. */
    long oomKills() {
        return supervision.oomKills().told();
    }

    /** What ends the workers with this engine. */
    List<Guard> guards() {
        return PoolGuards.of(
                workers.stream()
                        .filter(worker -> worker.state() instanceof WorkerState.Ready)
                        .map(Worker::link)
                        .filter(Objects::nonNull)
                        .map(WorkerLink::ready)
                        .filter(Objects::nonNull)
                        .toList(),
                ProcessHandle.current().pid(),
                launch.starter().runFile());
    }

    /** Stops all workers; what still runs fails. Completes when the processes are gone; a second call asks for the same. */
    CompletionStage<Void> stop() {
        availability.announceStop();
        return end.stop(availability.broken().isPresent());
    }

    /** See {@link WorkerPool#handOver}. */
    CompletionStage<Optional<HandOver>> handOver(String fingerprint) {
        availability.announceStop();
        return end.handOver(fingerprint);
    }

    /** Lets a worker in that runs in this process; what it is, it must prove like any other. Never blocks. */
    void admit(ByteChannel channel) {
        doorkeeper.admit(channel);
    }

    /** Has a worker misbehave that was started for it; false where it is not connected. */
    boolean inject(int worker, Fault fault) {
        WorkerLink link =
                worker >= 0 && worker < workers.size() ? workers.get(worker).link() : null;
        return link != null && link.inject(fault);
    }

    /** On the connection's own thread: serves it to its end. */
    private void enter(Tokens.Holder holder, FrameConnection<WorkerFrame, EngineFrame> connection) {
        Worker worker = holder.worker();
        EngineClock clock = supervision.clock();
        WorkerLink link = new WorkerLink(
                worker.spec(),
                connection,
                new Pulse(config.stallTimeout(), config.startTimeout(), config.pingInterval(), clock.nanos()),
                clock,
                holder.life().events(listeners::changed));
        CompletableFuture<Boolean> admitted = new CompletableFuture<>();
        // the supervisor may have ended meanwhile, and drops what is posted then
        admitted.completeOnTimeout(false, config.helloTimeout().toMillis(), TimeUnit.MILLISECONDS);
        supervision.supervisor().post(() -> admitted.complete(worker.connected(holder.life(), link)));
        if (admitted.join()) {
            link.run();
        }
    }

    /** On the supervisor's thread: a worker's state has changed. */
    private void changed() {
        routing.update(workers);
        availability.changed();
        if (!availability.stopping()
                && memory.plan().map(MemoryPlan::recordingFits).orElse(true)
                && workers.stream().allMatch(worker -> worker.state() instanceof WorkerState.Ready)) {
            launch.starter().prepareNext(roster.specs().getFirst());
        }
        listeners.changed();
    }

    /** An error that a thread of the engine ended with: nothing more can be relied on. On that thread. */
    private void breaks(UncaughtErrors.UncaughtError uncaught) {
        Throwable error = uncaught.error();
        String cause = ThreadLimit.reached(error.getMessage())
                ? "The engine cannot make another thread (" + uncaught.where() + ": " + error.getMessage() + "). "
                        + ThreadLimit.describe()
                : "The engine's thread " + uncaught.where() + " ended with an error: " + error;
        if (availability.breaks(cause)) {
            LOG.error(cause, error);
            listeners.broken();
        }
    }
}
