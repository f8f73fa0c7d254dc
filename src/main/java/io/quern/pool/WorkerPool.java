package io.quern.pool;

import io.quern.launch.Guard;
import io.quern.policy.Decision;
import io.quern.time.EngineClock;
import io.quern.wire.Fault;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.channels.ByteChannel;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The workers of this engine as a bean: gives answers before there are any, and then passes on to the {@link Fleet}. Safe for use by
 * several threads.
 */
@Singleton
public class WorkerPool {
    private final PoolConfig config;
    private final EngineClock clock;
    private final PoolListeners listeners = new PoolListeners();
    private final Availability noneYet = Availability.ofNone();
    private volatile Optional<Fleet> fleet = Optional.empty();

    @Inject
    WorkerPool(PoolConfig config) {
        this(config, EngineClock.system());
    }

    /** @param clock that supervision goes by */
    WorkerPool(PoolConfig config, EngineClock clock) {
        this.config = config;
        this.clock = clock;
    }

    /**
     * Starts the workers, or goes on with parked ones; they load in the background. Once. The pool closes starter and listener at its
     * end.
     */
    synchronized void start(Launch launch, Roster roster, MemoryLimits memory) {
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

    /** The error that the engine cannot go on with; empty if there was none. It is reported once to {@link #onChange}. */
    public Optional<String> broken() {
        return availability().broken();
    }

    /** Completes when a worker is ready for the first time. To be asked once the pool is started. */
    CompletionStage<Void> firstReady() {
        return availability().firstReady();
    }

    /** Claims a slot of the worker that has most free ones. Never blocks. */
    public Optional<Lease> acquire() {
        return fleet.flatMap(started -> started.routing().acquire());
    }

    /**
     * Claims a worker that no other request is on, and all its slots until the lease ends or is shared. Where none is idle, one is kept
     * from further requests until it is, which a later call finds. Never blocks.
     */
    public Optional<Lease> acquireAlone() {
        return fleet.flatMap(started -> started.routing().acquireAlone());
    }

    /** Nobody waits for {@link #acquireAlone} any more. */
    public void keepNoneFree() {
        fleet.ifPresent(started -> started.routing().keepNoneFree());
    }

    /** The worker has ended once through no fault of its own: that is not counted against it. From any thread. */
    public void forgive(int worker) {
        fleet.ifPresent(started -> started.forgive(worker));
    }

    /** Whether {@link #acquire} would find a slot at this moment; cheap, from any thread. */
    public boolean slotFree() {
        return fleet.isPresent() && fleet.get().routing().slotFree();
    }

    /** Is told, on any thread, whenever a slot may have come free or the pool's state changed. Must not block. */
    public void onChange(Runnable listener) {
        listeners.onChange(listener);
    }

    /** Is told of all that becomes of the workers, in its order, on the supervisor's thread. Must not block. */
    public void onEvent(Consumer<PoolEvent> listener) {
        listeners.onEvent(listener);
    }

    /** The start method and why; null before the pool is started. */
    public Decision decision() {
        return fleet.map(Fleet::decision).orElse(null);
    }

    /** Something that was found out later keeps workers from being forked. */
    void fellBackToSpawn(String cause) {
        fleet.ifPresent(started -> started.fellBackToSpawn(cause));
    }

    /** A snapshot; cheap, from any thread. */
    public PoolView view() {
        return availability().view();
    }

    /** What the workers need of the memory there is; null where that was not looked at. Cheap, from any thread. */
    public MemoryView memory() {
        return fleet.flatMap(Fleet::memory).orElse(null);
    }

    /** Workers that the kernel has killed for want of memory since boot; cheap, from any thread. */
    public long oomKills() {
        return fleet.map(Fleet::oomKills).orElse(0L);
    }

    /** What ends the workers with this engine; cheap, from any thread. */
    public List<Guard> guards() {
        return fleet.map(Fleet::guards)
                .orElseGet(
                        () -> PoolGuards.of(List.of(), ProcessHandle.current().pid(), Optional.empty()));
    }

    /** What clients can expect now; cheap, from any thread. */
    public PoolView.State state() {
        return availability().state();
    }

    /** Whether a slot may come free, now or later: not once all workers are given up or told to stop. */
    public boolean mayServe() {
        return availability().mayServe();
    }

    /** Says in every view that the end is near; leases are still given, so that what waits can finish. */
    public synchronized void announceStop() {
        availability().announceStop();
    }

    /** Stops all workers; what still runs fails. Completes when the processes are gone; a second call asks for the same. */
    public synchronized CompletionStage<Void> stop() {
        announceStop();
        return fleet.map(Fleet::stop).orElseGet(() -> CompletableFuture.completedStage(null));
    }

    /**
     * Has the workers wait for the application that follows in this JVM, where they can, and stops them where not; what still runs fails.
     * In place of {@link #stop}.
     *
     * @param fingerprint what the workers are made of
     * @return completes when they have let go of this application; empty if they have been stopped
     */
    synchronized CompletionStage<Optional<HandOver>> handOver(String fingerprint) {
        announceStop();
        return fleet.map(started -> started.handOver(fingerprint))
                .orElseGet(() -> CompletableFuture.completedStage(Optional.empty()));
    }

    /** Lets a worker in that runs in this process; what it is, it must prove like any other. Never blocks. */
    void admit(ByteChannel channel) {
        fleet.ifPresent(started -> started.admit(channel));
    }

    /** Has a worker misbehave that was started for it; false where it is not connected. */
    boolean inject(int worker, Fault fault) {
        return fleet.isPresent() && fleet.get().inject(worker, fault);
    }
}
