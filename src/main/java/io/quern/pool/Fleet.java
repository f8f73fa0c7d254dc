package io.quern.pool;

import io.quern.boot.MemoryPlan;
import io.quern.device.IdleCores;
import io.quern.device.ThreadLimit;
import io.quern.launch.Guard;
import io.quern.launch.WorkerSpec;
import io.quern.model.TextStability;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.socket.FrameConnection;
import io.quern.threads.UncaughtErrors;
import io.quern.time.EngineClock;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fault;
import io.quern.wire.WorkerFrame;
import io.quern.wire.WorkerSettings;
import java.nio.channels.ByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
 * The workers of one engine, from their start to their end: it starts them, routes requests to them, restarts them
 * and stops them. Thread-safe.
 */
final class Fleet {
    /** The pool's logger, so that a filter for the pool finds these lines. */
    private static final Logger LOG = Logger.getLogger(WorkerPool.class);

    /** Looks at idle cores while there are no streams: one in so many. */
    private static final int IDLE_EVERY = 4;

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
    private final PrefixStore prefixes;
    private final CoreShares cores;
    private final Balance balance;
    private final IdleCores idleCores = new IdleCores(Path.of("/"));
    private int idleLooks;

    /*
     * Loads the classes that the handling of an error needs. If somebody overwrites the application's files, a class
     * that is not loaded by then cannot be loaded any more, and the error that follows must still be reported.
     */
    static {
        ThreadLimit.reached("");
        List.of(
                EndCause.NotStarted.class,
                EndCause.Said.class,
                EndCause.ConnectionEnded.class,
                EndCause.ProcessEnded.class,
                EndCause.Stuck.class,
                EndCause.Stopped.class,
                PostMortem.class,
                LossCause.class);
    }

    /** @param clock the clock of the supervision */
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
        prefixes = new PrefixStore(roster.prefixBytes());
        WorkerSettings settings = roster.specs().getFirst().settings();
        cores = new CoreShares(roster.serving(), settings.getComputation(), ThreadLimit.left());
        balance = new Balance(config.rebalance(), settings.getStateCopies(), cores.vary());
        supervision = new Supervision(
                config,
                clock,
                new Supervisor(clock, launch.model()),
                launch.starter(),
                new Tokens(),
                new OomKills(memory.cgroup()));
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

    /** Starts every worker in the background. Called once. */
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
            // only now: parked workers have connected already, and their tokens must be known
            doorkeeper.open();
        });
        List<Runnable> tasks = new ArrayList<>();
        tasks.add(new Rounds(workers, supervision.oomKills(), supervision.clock()));
        boolean distributes = balance.needed(roster.serving());
        if (cores.vary() || distributes) {
            tasks.add(() -> distribute(distributes));
        }
        if (!config.stoppedTimeout().isZero()) {
            Duration period = Standstill.period(config.stoppedTimeout());
            Runnable looks = () -> workers.forEach(worker -> worker.look(period));
            if (period.equals(Rounds.PERIOD)) {
                tasks.add(looks);
            } else {
                supervision.supervisor().every(period, List.of(looks));
            }
        }
        supervision.supervisor().every(Rounds.PERIOD, tasks);
    }

    private void distribute(boolean streams) {
        boolean idle = routing.links().stream().allMatch(link -> link.busySlots() == 0);
        // what was idle lately must still be known when a request comes
        if (cores.vary() && (!idle || ++idleLooks % IDLE_EVERY == 0)) {
            shareCores();
        }
        if (streams && !idle) {
            balance.look(routing, supervision.clock().nanos());
        }
    }

    private void shareCores() {
        cores.update(routing.links(), idleCores.look(supervision.clock().nanos()));
    }

    /** A worker gets its first request, so others may have to leave cores to it. */
    private void begun() {
        if (cores.vary()) {
            supervision.supervisor().post(this::shareCores);
        }
    }

    Availability availability() {
        return availability;
    }

    Routing routing() {
        return routing;
    }

    /** Stops counting one end of the worker against it, because a request caused it. */
    void forgive(int worker) {
        supervision.supervisor().post(() -> workers.get(worker).forgive());
    }

    /** Returns the start method, and why it was chosen. */
    Decision decision() {
        return decision.get();
    }

    /** Records that workers can no longer be forked, for a reason that was found after the boot. */
    void fellBackToSpawn(String cause) {
        Decision revised = decision.updateAndGet(
                before -> before.revised(supervision.clock().instant(), StartMethod.SPAWN, cause));
        DecisionLog.revised(revised.revisions().getLast());
    }

    /** Returns whether a text may depend on the requests computed together with it. */
    TextStability textStability() {
        return roster.textStability();
    }

    /** Returns what the workers need of the available memory, or empty if memory is not checked. */
    Optional<MemoryView> memory() {
        return memory.plan().map(plan -> MemoryView.of(plan, oomKills()));
    }

    /** Returns how many workers the kernel has killed because memory ran out. */
    long oomKills() {
        return supervision.oomKills().claimed();
    }

    /** Returns how many streams were asked to move to another worker, although none was lost. */
    long rebalanced() {
        return balance.moved();
    }

    /** Returns how streams are distributed, or empty if they stay where they have begun. */
    Optional<Distribution> distribution() {
        return balance.needed(roster.serving()) ? Optional.of(balance.distribution()) : Optional.empty();
    }

    /** Returns the memory that the states of prefixes take. */
    long prefixBytes() {
        return prefixes.bytes();
    }

    /** Returns what ends the workers when this engine ends. */
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

    /**
     * Stops all workers; running requests fail. Completes when the processes are gone. A second call returns the same
     * result.
     */
    CompletionStage<Void> stop() {
        availability.announceStop();
        return end.stop(availability.broken().isPresent()).whenComplete((gone, failure) -> prefixes.close());
    }

    /** See {@link WorkerPool#handOver}. */
    CompletionStage<Optional<HandOver>> handOver(String fingerprint) {
        availability.announceStop();
        return end.handOver(fingerprint).whenComplete((left, failure) -> prefixes.close());
    }

    /** Admits a worker that runs in this process. It must identify itself like any other. Never blocks. */
    void admit(ByteChannel channel) {
        doorkeeper.admit(channel);
    }

    /** Makes a worker misbehave that was started with support for faults. Returns false if it is not connected. */
    boolean inject(int worker, Fault fault) {
        WorkerLink link =
                worker >= 0 && worker < workers.size() ? workers.get(worker).link() : null;
        return link != null && link.inject(fault);
    }

    /** Serves a connection to its end, on the thread of that connection. */
    private void enter(Tokens.Holder holder, FrameConnection<WorkerFrame, EngineFrame> connection) {
        Worker worker = holder.worker();
        EngineClock clock = supervision.clock();
        WorkerLink link = new WorkerLink(
                worker.spec(),
                connection,
                prefixes,
                new Pulse(config.stallTimeout(), config.startTimeout(), config.pingInterval(), clock.nanos()),
                config.questionTimeout(),
                clock,
                holder.life().events(listeners::changed, this::begun));
        CompletableFuture<Boolean> admitted = new CompletableFuture<>();
        // the supervisor may have ended meanwhile, and then drops the task
        admitted.completeOnTimeout(false, config.helloTimeout().toMillis(), TimeUnit.MILLISECONDS);
        supervision.supervisor().post(() -> admitted.complete(worker.connected(holder.life(), link)));
        if (admitted.join()) {
            link.run();
        }
    }

    /** The state of a worker has changed. Called on the supervisor's thread. */
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

    /**
     * Handles an error that ended a thread of the engine, after which nothing can be relied on. Called on that
     * thread.
     */
    private void breaks(UncaughtErrors.UncaughtError uncaught) {
        Throwable error = uncaught.error();
        String cause = ThreadLimit.reached(error.getMessage())
                ? "The engine cannot create another thread (" + uncaught.where() + ": " + error.getMessage() + "). "
                        + ThreadLimit.describe()
                : "The engine's thread " + uncaught.where() + " ended with an error: " + error;
        if (availability.breaks(cause)) {
            LOG.error(cause, error);
            listeners.broken();
        }
    }
}
