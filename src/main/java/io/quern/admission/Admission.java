package io.quern.admission;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationRequest;
import io.quern.pool.Lease;
import io.quern.pool.WorkerPool;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Takes requests, queues them while no slot is free, first come first served, and hands out their token streams. Safe for use
 * by several threads; nothing here blocks.
 */
@Singleton
public class Admission implements ActiveGeneration.Owner {
    /** A guess until drain rates are measured: slots come free within seconds. */
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final WorkerPool pool;
    private final AdmissionConfig config;
    private final MigrationConfig migration;
    private final Vertx vertx;
    private final GenerationObserver observer;
    private final SequencedSet<ActiveGeneration> queue = new LinkedHashSet<>();

    /** Those whose worker was lost: before all who have not begun, and let in however many wait. Guarded by the queue. */
    private final SequencedSet<ActiveGeneration> moved = new LinkedHashSet<>();

    private final AtomicLong migrations = new AtomicLong();
    private final AtomicInteger active = new AtomicInteger();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private volatile boolean closed;

    @Inject
    Admission(
            WorkerPool pool,
            AdmissionConfig config,
            MigrationConfig migration,
            Vertx vertx,
            @Any Instance<GenerationObserver> observers) {
        this(pool, config, migration, vertx, observers.stream().toList());
    }

    Admission(
            WorkerPool pool,
            AdmissionConfig config,
            MigrationConfig migration,
            Vertx vertx,
            List<GenerationObserver> observers) {
        this.migration = migration;
        this.pool = pool;
        this.config = config;
        this.vertx = vertx;
        this.observer = Observers.of(observers);
        pool.onChange(this::dispatch);
    }

    /**
     * Asks for a generation. Never blocks; may be called from any thread, results come on the caller's event loop or, where
     * it has none, on one of Vert.x'.
     *
     * @return fails with {@link io.quern.generation.GenerationException} where the request is not accepted. Cancelling it
     *     withdraws the request, queued or not.
     */
    public Uni<Generation> submit(GenerationRequest request) {
        return Uni.createFrom().deferred(() -> {
            // the event loop's own context, not the request's duplicate: streams of one loop are told in one task
            ContextInternal context = ((ContextInternal) vertx.getOrCreateContext()).unwrap();
            ActiveGeneration generation =
                    new ActiveGeneration(request, context, this, config.streamBuffer(), new Losses(migration.limit()));
            return Uni.createFrom()
                    .<Generation>emitter(emitter -> {
                        generation.answerTo(emitter);
                        active.incrementAndGet();
                        admit(generation);
                    })
                    .onCancellation()
                    .invoke(() -> generation.abandon(new GenerationError.Cancelled("The client left.")));
        });
    }

    /** Requests that hold a slot. */
    public int running() {
        return Math.max(0, active.get() - waiting());
    }

    /** Requests that wait for a slot. */
    public int waiting() {
        synchronized (queue) {
            return queue.size() + moved.size();
        }
    }

    /** Times a request went on elsewhere, after its worker was lost. */
    public long migrations() {
        return migrations.get();
    }

    /**
     * Takes no request any more; those that wait or run go on.
     *
     * @return completes when none is left
     */
    public CompletionStage<Void> close() {
        closed = true;
        if (active.get() == 0) {
            drained.complete(null);
        }
        return drained.minimalCompletionStage();
    }

    /** What any request would be refused with at this moment; empty while requests are taken. Cheap, from any thread. */
    public Optional<GenerationError> refusal() {
        return Optional.ofNullable(refusalOfAll());
    }

    /** Whether new requests are taken. */
    public boolean open() {
        return !closed;
    }

    @Override
    public GenerationObserver observer() {
        return observer;
    }

    @Override
    public MigrationMode migration() {
        return migration.mode();
    }

    @Override
    public void again(ActiveGeneration generation) {
        migrations.incrementAndGet();
        synchronized (queue) {
            moved.addLast(generation);
        }
        dispatch();
        if (isWaiting(generation)) {
            startTimer(generation);
        }
    }

    @Override
    public void blamed(List<Integer> workers) {
        workers.forEach(pool::forgive);
    }

    @Override
    public void over(ActiveGeneration generation) {
        if (withdraw(generation) && generation.alone()) {
            // a worker may have been kept free for it
            dispatch();
        }
        if (generation.timer() >= 0) {
            vertx.cancelTimer(generation.timer());
        }
        if (active.decrementAndGet() == 0 && closed) {
            drained.complete(null);
        }
    }

    private void admit(ActiveGeneration generation) {
        GenerationError refusal = refusalOfAll();
        if (refusal != null) {
            generation.refuse(refusal);
            return;
        }
        boolean full;
        synchronized (queue) {
            // one too many for a moment: dispatch() may find a slot for it at once
            full = queue.size() >= config.queueSize() && !(queue.isEmpty() && pool.slotFree());
            if (!full) {
                queue.add(generation);
            }
        }
        if (full) {
            generation.refuse(new GenerationError.Overloaded(
                    RETRY_AFTER, "The queue is full (" + config.queueSize() + " requests wait); try again later."));
            return;
        }
        dispatch();
        if (isWaiting(generation)) {
            startTimer(generation);
        }
    }

    /** Null where there is none. While workers restart requests may wait for them. */
    private GenerationError refusalOfAll() {
        if (closed) {
            return new GenerationError.ShuttingDown("The service is shutting down.");
        }
        return switch (pool.state()) {
            case READY, UNAVAILABLE -> null;
            case STARTING -> new GenerationError.Loading("Loading model");
            case STOPPING -> new GenerationError.ShuttingDown("The service is shutting down.");
            case FAILED ->
                new GenerationError.Unavailable(
                        Duration.ofSeconds(30),
                        "No worker can run: " + pool.view().reason());
        };
    }

    private boolean isWaiting(ActiveGeneration generation) {
        synchronized (queue) {
            return queue.contains(generation) || moved.contains(generation);
        }
    }

    private boolean withdraw(ActiveGeneration generation) {
        synchronized (queue) {
            return queue.remove(generation) || moved.remove(generation);
        }
    }

    private void startTimer(ActiveGeneration generation) {
        long timer = vertx.setTimer(Math.max(1, config.timeout().toMillis()), id -> {
            if (withdraw(generation)) {
                generation.refuse(new GenerationError.QueueTimeout(
                        RETRY_AFTER,
                        "No slot came free within " + config.timeout().toSeconds() + " s."));
            }
        });
        generation.waitsUntil(timer);
        if (generation.ended()) {
            vertx.cancelTimer(timer);
        }
    }

    /** Gives free slots to those who wait: first to those whose worker was lost, then first come first served. */
    private void dispatch() {
        if (!pool.mayServe()) {
            refuseAll();
            return;
        }
        while (true) {
            Start next;
            synchronized (queue) {
                next = movedStart();
                if (next == null) {
                    next = firstStart();
                }
            }
            if (next == null) {
                return;
            }
            if (next.generation().timer() >= 0) {
                vertx.cancelTimer(next.generation().timer());
            }
            next.generation().run(next.lease());
        }
    }

    private record Start(ActiveGeneration generation, Lease lease) {}

    /** One that waits for a worker of its own holds nobody else up. */
    private Start movedStart() {
        boolean anyAlone = false;
        for (ActiveGeneration generation : moved) {
            anyAlone |= generation.alone();
            Optional<Lease> free = generation.alone() ? pool.acquireAlone() : pool.acquire();
            if (free.isPresent()) {
                moved.remove(generation);
                return new Start(generation, free.get());
            }
        }
        if (!anyAlone) {
            pool.keepNoneFree();
        }
        return null;
    }

    private Start firstStart() {
        if (queue.isEmpty()) {
            return null;
        }
        return pool.acquire().map(free -> new Start(queue.removeFirst(), free)).orElse(null);
    }

    private void refuseAll() {
        GenerationError error = refusalOfAll();
        if (error == null) {
            return;
        }
        while (true) {
            ActiveGeneration next;
            synchronized (queue) {
                SequencedSet<ActiveGeneration> some = moved.isEmpty() ? queue : moved;
                if (some.isEmpty()) {
                    return;
                }
                next = some.removeFirst();
            }
            next.refuse(error);
        }
    }
}
