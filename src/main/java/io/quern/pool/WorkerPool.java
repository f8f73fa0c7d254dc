package io.quern.pool;

import io.quern.generation.VocabularyQuestion;
import io.quern.launch.Guard;
import io.quern.model.TextStability;
import io.quern.policy.Decision;
import io.quern.time.EngineClock;
import io.quern.wire.Fault;
import java.nio.channels.ByteChannel;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The workers of one model. Answers before there are workers, and then delegates to the {@link Fleet}. Thread-safe.
 */
public final class WorkerPool {
    private final PoolConfig config;
    private final EngineClock clock;
    private final PoolListeners listeners = new PoolListeners();
    private final Availability noneYet = Availability.ofNone();
    private volatile Optional<Fleet> fleet = Optional.empty();
    private volatile boolean paused;
    private boolean stopped;

    /** Completes when the workers of earlier starts are gone. */
    private CompletableFuture<Void> ending = CompletableFuture.completedFuture(null);

    /** What the workers of earlier starts have left. */
    private volatile Past past = new Past(null, 0, 0, 0, 0, DraftTokens.NONE);

    private record Past(
            @Nullable Decision decision,
            int restarts,
            long oomKills,
            long pauses,
            long rebalanced,
            DraftTokens drafts) {}

    /** @param clock the clock of the supervision */
    public WorkerPool(PoolConfig config, EngineClock clock) {
        this.config = config;
        this.clock = clock;
    }

    /**
     * Starts the workers, or continues with parked ones; they load in the background. Called when there are none: at
     * first, or after {@link #unload} has completed. The pool closes the starter and the listener at its end.
     */
    synchronized void start(Launch launch, Roster roster, MemoryLimits memory) {
        if (stopped) {
            launch.close();
            throw new IllegalStateException("The engine stops, so no workers are started.");
        }
        Fleet started = new Fleet(config, clock, listeners, launch, roster, memory);
        if (noneYet.stopping()) {
            started.availability().announceStop();
        }
        fleet = Optional.of(started);
        started.start();
    }

    private Availability availability() {
        return fleet.map(Fleet::availability).orElse(noneYet);
    }

    /**
     * Returns the error after which the engine cannot continue, or empty. {@link #onChange} listeners are notified of
     * it once.
     */
    public Optional<String> broken() {
        return availability().broken();
    }

    /** Completes when a worker is ready for the first time. Call it after the pool is started. */
    CompletionStage<Void> firstReady() {
        return availability().firstReady();
    }

    Optional<Routing> routing() {
        return fleet.map(Fleet::routing);
    }

    /** Claims a slot of the worker with most free slots. Never blocks. */
    public Optional<Lease> acquire() {
        return acquire(OptionalInt.empty());
    }

    /**
     * Claims a slot. Never blocks.
     *
     * @param preferred the worker to prefer to the one with most free slots, if it has one
     */
    public Optional<Lease> acquire(OptionalInt preferred) {
        return paused ? Optional.empty() : routing().flatMap(routing -> routing.acquire(preferred));
    }

    /**
     * Claims a slot. Never blocks.
     *
     * @param near the worker to prefer to the one with most free slots, unless it is clearly busier
     * @param longPrompt whether to prefer a worker without streams otherwise, since the prompt would delay them
     */
    public Optional<Lease> acquireNear(OptionalInt near, boolean longPrompt) {
        return paused ? Optional.empty() : routing().flatMap(routing -> routing.acquireNear(near, longPrompt));
    }

    /** Returns whether there are several workers to choose from. Cheap; any thread may call it. */
    public boolean routes() {
        Fleet started = fleet.orElse(null);
        return started != null && started.routing().serving().size() > 1;
    }

    /**
     * Claims all slots of a worker without requests, until the lease ends or is shared. If there is none, one worker
     * gets no further requests until it has none, and a later call finds it. Never blocks.
     */
    public Optional<Lease> acquireAlone() {
        return paused ? Optional.empty() : routing().flatMap(Routing::acquireAlone);
    }

    /** No request waits for {@link #acquireAlone} any more. */
    public void keepNoneFree() {
        routing().ifPresent(Routing::keepNoneFree);
    }

    /**
     * Asks a worker about its vocabulary, which takes no slot. Never blocks. If none can be asked now, returns empty;
     * {@link #onChange} listeners are called when this may have changed.
     *
     * @return completes on any thread; fails with {@link io.quern.generation.GenerationException} if the question is
     *     wrong or the worker was lost
     */
    public <A> Optional<CompletionStage<A>> ask(VocabularyQuestion<A> question) {
        return paused ? Optional.empty() : routing().flatMap(routing -> routing.ask(question));
    }

    /** Returns whether {@link #ask} would find a worker at this moment. Cheap; any thread may call it. */
    public boolean mayAsk() {
        return !paused && routing().map(Routing::mayAsk).orElse(false);
    }

    /** Stops counting one end of the worker against it, because a request caused it. Any thread may call this. */
    public void forgive(int worker) {
        fleet.ifPresent(started -> started.forgive(worker));
    }

    /** Returns whether {@link #acquire} would find a slot at this moment. Cheap; any thread may call it. */
    public boolean slotFree() {
        Fleet started = fleet.orElse(null);
        return !paused && started != null && started.routing().slotFree();
    }

    /**
     * Adds a listener that is called on any thread whenever a slot may have become free or the pool's state has
     * changed. It must not block.
     */
    public void onChange(Runnable listener) {
        listeners.onChange(listener);
    }

    /**
     * Adds a listener for all events of the workers, in their order, on the supervisor's thread. It must not block.
     */
    public void onEvent(Consumer<PoolEvent> listener) {
        listeners.onEvent(listener);
    }

    /** Returns the start method of the last start and why it was chosen, or null before the pool is started. */
    public Decision decision() {
        return fleet.map(Fleet::decision).orElse(past.decision());
    }

    /** Returns whether there are workers, in whatever state. */
    public boolean started() {
        return fleet.isPresent();
    }

    /** Records that workers can no longer be forked, for a reason that was found after the boot. */
    void fellBackToSpawn(String cause) {
        fleet.ifPresent(started -> started.fellBackToSpawn(cause));
    }

    /** Returns a snapshot. Cheap; any thread may call it. */
    public PoolView view() {
        return availability().view();
    }

    /**
     * Returns whether a text may depend on the requests computed together with it; empty before the start. Any thread
     * may call it.
     */
    public Optional<TextStability> textStability() {
        return fleet.map(Fleet::textStability);
    }

    /**
     * Returns what the workers need of the available memory, or null if memory is not checked. Cheap; any thread may
     * call it.
     */
    public MemoryView memory() {
        return fleet.flatMap(Fleet::memory).orElse(null);
    }

    /**
     * Returns how many workers the kernel has killed since boot because memory ran out. Cheap; any thread may call
     * it.
     */
    public long oomKills() {
        return past.oomKills() + fleet.map(Fleet::oomKills).orElse(0L);
    }

    /**
     * Returns how often a worker has paused a request since boot because the memory of its KV cache was short. Cheap;
     * any thread may call it.
     */
    public long pauses() {
        return past.pauses()
                + view().workers().stream()
                        .mapToLong(PoolView.WorkerView::pauses)
                        .sum();
    }

    /** Returns the drafted tokens of all workers since boot. Cheap; any thread may call it. */
    public DraftTokens drafts() {
        return view().workers().stream().map(PoolView.WorkerView::drafts).reduce(past.drafts(), DraftTokens::plus);
    }

    /**
     * Returns how many streams were asked since boot to move to another worker, although none was lost. Cheap; any
     * thread may call it.
     */
    public long rebalanced() {
        return past.rebalanced() + fleet.map(Fleet::rebalanced).orElse(0L);
    }

    /**
     * Returns how streams are distributed over the workers that now run, or null if they stay where they have begun.
     * Cheap; any thread may call it.
     */
    public @Nullable Distribution distribution() {
        return fleet.flatMap(Fleet::distribution).orElse(null);
    }

    /** Returns the bytes that the states of prompts' prefixes take. Cheap; any thread may call it. */
    public long prefixBytes() {
        return fleet.map(Fleet::prefixBytes).orElse(0L);
    }

    /** Returns worker restarts since boot. Cheap; any thread may call it. */
    public int restarts() {
        return past.restarts() + restarts(view());
    }

    private static int restarts(PoolView view) {
        return view.workers().stream().mapToInt(PoolView.WorkerView::restarts).sum();
    }

    /** Returns what ends the workers when this engine ends. Cheap; any thread may call it. */
    public List<Guard> guards() {
        return fleet.map(Fleet::guards)
                .orElseGet(
                        () -> PoolGuards.of(List.of(), ProcessHandle.current().pid(), Optional.empty()));
    }

    /** Returns what clients can expect now. Cheap; any thread may call it. */
    public PoolView.State state() {
        return availability().state();
    }

    /**
     * Returns whether a slot may become free, now or later. It is false once all workers are given up or stopping.
     */
    public boolean mayServe() {
        return availability().mayServe();
    }

    /**
     * Announces in every view that the engine will stop. Leases are still granted, so that waiting requests can
     * finish.
     */
    public synchronized void announceStop() {
        noneYet.announceStop();
        availability().announceStop();
    }

    /** Leases no slot any more, until the pool is unloaded or {@link #resume resumes}. Held leases stay valid. */
    public void pause() {
        paused = true;
    }

    /** Leases slots again after a {@link #pause}. */
    public void resume() {
        paused = false;
        listeners.changed();
    }

    /**
     * Stops all workers and forgets them, so that the pool can be started again. Running requests fail.
     *
     * @return completes when the processes are gone
     */
    public synchronized CompletionStage<Void> unload() {
        Fleet last = fleet.orElse(null);
        if (last != null) {
            past = new Past(last.decision(), restarts(), oomKills(), pauses(), rebalanced(), drafts());
            fleet = Optional.empty();
            ending = CompletableFuture.allOf(ending, last.stop().toCompletableFuture());
        }
        paused = false;
        listeners.changed();
        return ending.minimalCompletionStage();
    }

    /**
     * Stops all workers; running requests fail. Completes when the processes are gone. A second call returns the same
     * result.
     */
    public synchronized CompletionStage<Void> stop() {
        stopped = true;
        announceStop();
        return CompletableFuture.allOf(
                        ending,
                        fleet.map(Fleet::stop)
                                .map(CompletionStage::toCompletableFuture)
                                .orElse(ending))
                .minimalCompletionStage();
    }

    /**
     * Parks workers that support it for the next application in this JVM and stops the rest. Running requests fail.
     * Replaces {@link #stop}.
     *
     * @param fingerprint what the workers are made of
     * @return completes when the workers have disconnected from this application; empty if they were stopped
     */
    synchronized CompletionStage<Optional<HandOver>> handOver(String fingerprint) {
        stopped = true;
        announceStop();
        return fleet.map(started -> started.handOver(fingerprint))
                .orElseGet(() -> ending.thenApply(gone -> Optional.empty()));
    }

    /** Admits a worker that runs in this process. It must identify itself like any other. Never blocks. */
    void admit(ByteChannel channel) {
        fleet.ifPresent(started -> started.admit(channel));
    }

    /** Makes a worker misbehave that was started with support for faults. Returns false if it is not connected. */
    boolean inject(int worker, Fault fault) {
        return fleet.isPresent() && fleet.get().inject(worker, fault);
    }
}
