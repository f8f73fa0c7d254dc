package io.quern.pool;

import io.quern.boot.MemoryPlan;
import io.quern.device.Cgroup;
import io.quern.device.ThreadLimit;
import io.quern.launch.Guard;
import io.quern.launch.Launcher;
import io.quern.launch.WorkerSpec;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.socket.FrameConnection;
import io.quern.socket.FrameListener;
import io.quern.threads.UncaughtErrors;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fault;
import io.quern.wire.WorkerFrame;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;

/** The workers of this engine: starts them, routes to them, starts them again, stops them. Safe for use by several threads. */
@Singleton
public class WorkerPool {
    private static final Logger LOG = Logger.getLogger(WorkerPool.class);
    private static final Duration CHECK_PERIOD = Duration.ofMillis(250);

    /** Between two checks, where the engine was stopped or the machine slept. */
    private static final Duration LATE = Duration.ofSeconds(2);

    private final PoolConfig config;
    private final List<Worker> workers = new CopyOnWriteArrayList<>();
    private final List<Runnable> changeListeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<PoolEvent>> eventListeners = new CopyOnWriteArrayList<>();
    private final Tokens tokens = new Tokens();
    private final CompletableFuture<Void> firstReady = new CompletableFuture<>();
    private Supervisor supervisor;
    private volatile Launcher launcher;
    private Doorkeeper doorkeeper;
    private WorkerSpec firstSpec;
    private CompletableFuture<Void> stopped;
    private Instant lastCheck;
    private volatile Routing routing = new Routing(0);
    private volatile Decision decision;
    private volatile Optional<MemoryPlan> plan = Optional.empty();
    private volatile OomKills oomKills;
    private volatile boolean stopping;
    private volatile String broken;
    private volatile Runnable deaf = () -> {};

    WorkerPool(PoolConfig config) {
        this.config = config;
    }

    /**
     * Starts one worker for each spec; they load in the background. The pool closes launcher and listener at its end.
     *
     * @param serving how many of them get requests at a time; the rest stand by
     */
    void start(
            Decision decision,
            Launcher launcher,
            FrameListener<WorkerFrame, EngineFrame> listener,
            int serving,
            List<WorkerSpec> specs) {
        start(decision, launcher, listener, serving, specs, Map.of(), Optional.empty(), Cgroup.own());
    }

    /**
     * The same, going on with workers that an earlier application has parked.
     *
     * @param parked by their numbers; others are started
     * @param plan what the workers need of the memory there is, where that was looked at
     * @param cgroup that this process and the workers are in
     */
    synchronized void start(
            Decision decision,
            Launcher launcher,
            FrameListener<WorkerFrame, EngineFrame> listener,
            int serving,
            List<WorkerSpec> specs,
            Map<Integer, HandOver.ParkedWorker> parked,
            Optional<MemoryPlan> plan,
            Cgroup cgroup) {
        this.decision = decision;
        this.plan = plan;
        oomKills = new OomKills(cgroup);
        this.launcher = launcher;
        deaf = UncaughtErrors.listen(this::breaks);
        supervisor = new Supervisor();
        doorkeeper = new Doorkeeper(listener, tokens, supervisor, config.helloTimeout(), this::enter);
        firstSpec = specs.getFirst();
        routing = new Routing(serving);
        for (WorkerSpec spec : specs) {
            RestartPolicy restarts = new RestartPolicy(config.restart(), RandomGenerator.getDefault());
            workers.add(new Worker(
                    spec, launcher, config, restarts, supervisor, tokens, this::changed, this::tell, oomKills));
        }
        supervisor.post(() -> {
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
        supervisor.every(CHECK_PERIOD, this::check);
    }

    /** Supervisor's thread. */
    private void check() {
        Instant now = Instant.now();
        boolean late = lastCheck != null && Duration.between(lastCheck, now).compareTo(LATE) > 0;
        lastCheck = now;
        oomKills.look(System.nanoTime());
        workers.forEach(worker -> worker.check(now, late));
    }

    /** An error that a thread of the engine ended with: nothing more can be relied on. On that thread. */
    private void breaks(UncaughtErrors.UncaughtError uncaught) {
        if (broken != null) {
            return;
        }
        Throwable error = uncaught.error();
        broken = ThreadLimit.reached(error.getMessage())
                ? "The engine cannot make another thread (" + uncaught.where() + ": " + error.getMessage() + "). "
                        + ThreadLimit.describe()
                : "The engine's thread " + uncaught.where() + " ended with an error: " + error;
        LOG.error(broken, error);
        for (Runnable listener : changeListeners) {
            try {
                listener.run();
            } catch (RuntimeException | Error e) {
                // the next one has to hear of it all the same
                LOG.debugf("told of the error: %s", e);
            }
        }
    }

    /** The error that the engine cannot go on with; empty if there was none. It is reported once to {@link #onChange}. */
    public Optional<String> broken() {
        return Optional.ofNullable(broken);
    }

    /** Completes when a worker is ready for the first time. */
    CompletionStage<Void> firstReady() {
        return firstReady.minimalCompletionStage();
    }

    /** Claims a slot of the worker that has most free ones. Never blocks. */
    public Optional<Lease> acquire() {
        return routing.acquire();
    }

    /**
     * Claims a worker that no other request is on, and all its slots until the lease ends or is shared. Where none is idle, one is kept
     * from further requests until it is, which a later call finds. Never blocks.
     */
    public Optional<Lease> acquireAlone() {
        return routing.acquireAlone();
    }

    /** Nobody waits for {@link #acquireAlone} any more. */
    public void keepNoneFree() {
        routing.keepNoneFree();
    }

    /** The worker has ended once through no fault of its own: that is not counted against it. From any thread. */
    public void forgive(int worker) {
        supervisor.post(() -> workers.get(worker).forgive());
    }

    /** Whether {@link #acquire} would find a slot at this moment; cheap, from any thread. */
    public boolean slotFree() {
        return routing.slotFree();
    }

    /** Is told, on any thread, whenever a slot may have come free or the pool's state changed. Must not block. */
    public void onChange(Runnable listener) {
        changeListeners.add(listener);
    }

    /** Is told of all that becomes of the workers, in its order, on the supervisor's thread. Must not block. */
    public void onEvent(Consumer<PoolEvent> listener) {
        eventListeners.add(listener);
    }

    /** The start method and why. */
    public Decision decision() {
        return decision;
    }

    /** Something that was found out later keeps workers from being forked. */
    synchronized void fellBackToSpawn(String cause) {
        decision = decision.revised(Instant.now(), StartMethod.SPAWN, cause);
        DecisionLog.revised(decision.revisions().getLast());
    }

    /** A snapshot; cheap, from any thread. */
    public PoolView view() {
        List<PoolView.WorkerView> views = new ArrayList<>();
        int slots = 0;
        int busy = 0;
        List<Worker> now = routing.serving();
        for (Worker worker : workers) {
            boolean serves = now.contains(worker);
            PoolView.WorkerView view = worker.view(!serves && worker.state() instanceof WorkerState.Ready);
            views.add(view);
            if (serves) {
                slots += view.slots();
                busy += view.busySlots();
            }
        }
        PoolView.State state = state();
        String cause = broken;
        return new PoolView(
                state, cause == null || stopping ? reason(state, views) : cause, slots, busy, List.copyOf(views));
    }

    /** What the workers need of the memory there is; null where that was not looked at. Cheap, from any thread. */
    public MemoryView memory() {
        return plan.map(known -> MemoryView.of(known, oomKills())).orElse(null);
    }

    /** Workers that the kernel has killed for want of memory since boot; cheap, from any thread. */
    public long oomKills() {
        OomKills current = oomKills;
        return current == null ? 0 : current.told();
    }

    /** What ends the workers with this engine; cheap, from any thread. */
    public List<Guard> guards() {
        Launcher current = launcher;
        return PoolGuards.of(
                workers.stream()
                        .filter(worker -> worker.state() instanceof WorkerState.Ready)
                        .map(Worker::link)
                        .filter(Objects::nonNull)
                        .map(WorkerLink::ready)
                        .filter(Objects::nonNull)
                        .toList(),
                ProcessHandle.current().pid(),
                current == null ? Optional.empty() : current.runFile());
    }

    /** What clients can expect now; cheap, from any thread. */
    public PoolView.State state() {
        if (stopping) {
            return PoolView.State.STOPPING;
        }
        if (broken != null) {
            return PoolView.State.FAILED;
        }
        if (!routing.serving().isEmpty()) {
            return PoolView.State.READY;
        }
        if (!mayServe()) {
            return PoolView.State.FAILED;
        }
        return firstReady.isDone() ? PoolView.State.UNAVAILABLE : PoolView.State.STARTING;
    }

    /** Whether a slot may come free, now or later: not once all workers are given up or told to stop. */
    public boolean mayServe() {
        return broken == null
                && (workers.isEmpty()
                        || workers.stream().anyMatch(worker -> switch (worker.state()) {
                            case WorkerState.Ready r -> true;
                            case WorkerState.Starting s -> true;
                            case WorkerState.Failed f -> true;
                            case WorkerState.BackingOff b -> true;
                            case WorkerState.Parked p -> false;
                            case WorkerState.Draining d -> false;
                            case WorkerState.Stopped s -> false;
                            case WorkerState.GivenUp g -> false;
                        }));
    }

    /** Says in every view that the end is near; leases are still given, so that what waits can finish. */
    public void announceStop() {
        stopping = true;
    }

    /** Stops all workers; what still runs fails. Completes when the processes are gone; a second call asks for the same. */
    public synchronized CompletionStage<Void> stop() {
        if (stopped == null) {
            stopping = true;
            stopped = supervisor == null ? CompletableFuture.completedFuture(null) : stopWorkers();
        }
        return stopped.minimalCompletionStage();
    }

    /**
     * Has the workers wait for the application that follows in this JVM, where they can, and stops them where not; what still runs fails.
     * In place of {@link #stop}.
     *
     * @param fingerprint what the workers are made of
     * @return completes when they have let go of this application; empty if they have been stopped
     */
    synchronized CompletionStage<Optional<HandOver>> handOver(String fingerprint) {
        if (stopped != null || supervisor == null || !launcher.handsOver()) {
            return stop().thenApply(done -> Optional.empty());
        }
        stopping = true;
        CompletableFuture<Optional<HandOver>> left = new CompletableFuture<>();
        stopped = left.thenAccept(done -> {});
        supervisor.post(() -> {
            // first: a worker that connects again must not meet this application
            Optional<Map<String, Object>> door = doorkeeper.handOver();
            Map<Integer, HandOver.ParkedWorker> parked = new ConcurrentHashMap<>();
            CompletableFuture.allOf(workers.stream()
                            .map(worker -> door.isPresent()
                                    ? worker.park().thenAccept(one -> one.ifPresent(it -> parked.put(worker.id(), it)))
                                    : worker.stop())
                            .map(CompletionStage::toCompletableFuture)
                            .toArray(CompletableFuture<?>[]::new))
                    .whenComplete((done, failure) -> left.complete(leave(fingerprint, door, parked)));
        });
        return left.minimalCompletionStage();
    }

    private Optional<HandOver> leave(
            String fingerprint, Optional<Map<String, Object>> door, Map<Integer, HandOver.ParkedWorker> parked) {
        Optional<Map<String, Object>> parts = parked.isEmpty() ? Optional.empty() : launcher.handOver();
        if (parts.isEmpty()) {
            close();
            return Optional.empty();
        }
        deaf.run();
        supervisor.close();
        return Optional.of(new HandOver(fingerprint, parts.get(), door.orElseThrow(), parked));
    }

    private CompletableFuture<Void> stopWorkers() {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        supervisor.post(() -> CompletableFuture.allOf(workers.stream()
                        .map(worker -> worker.stop(broken != null).toCompletableFuture())
                        .toArray(CompletableFuture<?>[]::new))
                .whenComplete((done, failure) -> gone.complete(null)));
        return gone.thenRun(this::close);
    }

    private void close() {
        deaf.run();
        launcher.close();
        supervisor.close();
        try {
            doorkeeper.close();
        } catch (IOException e) {
            LOG.debugf("closing the workers' socket: %s", e.getMessage());
        }
    }

    /** Lets a worker in that runs in this process; what it is, it must prove like any other. Never blocks. */
    void admit(ByteChannel channel) {
        doorkeeper.admit(channel);
    }

    /** On the connection's own thread: serves it to its end. */
    private void enter(Tokens.Holder holder, FrameConnection<WorkerFrame, EngineFrame> connection) {
        Worker worker = holder.worker();
        WorkerLink link = new WorkerLink(
                worker.id(),
                worker.bounds(),
                worker.stateBytes(),
                connection,
                new Pulse(config.stallTimeout(), config.startTimeout(), config.pingInterval()),
                worker.events(holder.life(), this::capacityChanged));
        CompletableFuture<Boolean> admitted = new CompletableFuture<>();
        // the supervisor may have ended meanwhile, and drops what is posted then
        admitted.completeOnTimeout(false, config.helloTimeout().toMillis(), TimeUnit.MILLISECONDS);
        supervisor.post(() -> admitted.complete(worker.connected(holder.life(), link)));
        if (admitted.join()) {
            link.run();
        }
    }

    /** Has a worker misbehave that was started for it; false where it is not connected. */
    boolean inject(int worker, Fault fault) {
        WorkerLink link =
                worker >= 0 && worker < workers.size() ? workers.get(worker).link() : null;
        return link != null && link.inject(fault);
    }

    /** On the supervisor's thread. */
    private void changed() {
        routing.update(workers);
        if (state() == PoolView.State.READY) {
            firstReady.complete(null);
        }
        if (!stopping
                && plan.map(MemoryPlan::recordingFits).orElse(true)
                && workers.stream().allMatch(w -> w.state() instanceof WorkerState.Ready)) {
            launcher.prepareNext(firstSpec);
        }
        capacityChanged();
    }

    /** On the supervisor's thread. */
    private void tell(PoolEvent event) {
        eventListeners.forEach(listener -> listener.accept(event));
    }

    private void capacityChanged() {
        changeListeners.forEach(Runnable::run);
    }

    private static String reason(PoolView.State state, List<PoolView.WorkerView> workers) {
        return switch (state) {
            case READY -> null;
            case STOPPING -> "the service is shutting down";
            case STARTING, UNAVAILABLE, FAILED ->
                workers.stream()
                        .map(w -> "worker " + w.id() + " " + w.state() + (w.detail() == null ? "" : ": " + w.detail()))
                        .reduce((a, b) -> a + "; " + b)
                        .orElse("not started");
        };
    }
}
