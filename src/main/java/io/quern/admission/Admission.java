package io.quern.admission;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationRequest;
import io.quern.pool.WorkerPool;
import io.quern.threads.EngineThreads;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Takes requests, queues them while no slot is free, fairly between clients, and hands out their token streams. Safe for use by
 * several threads; nothing here blocks.
 */
@Singleton
public class Admission {
    /** A guess until a queue has moved: slots come free within seconds. Also the least that is ever told. */
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final WorkerPool pool;
    private final AdmissionConfig config;
    private final MigrationConfig migration;
    private final Vertx vertx;
    private final GenerationObserver observer;
    private final WaitingRoom room;
    private final Positions positions;
    private final PrefixScopes scopes;
    private final AtomicLong migrations = new AtomicLong();
    private final AtomicInteger active = new AtomicInteger();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private final ActiveGeneration.Owner owner = new GenerationOwner();
    private volatile boolean closed;

    @Inject
    Admission(
            WorkerPool pool,
            AdmissionConfig config,
            MigrationConfig migration,
            PrefixConfig prefix,
            Vertx vertx,
            @Any Instance<GenerationObserver> observers) {
        this(pool, config, migration, prefix, vertx, observers.stream().toList(), System::nanoTime);
    }

    Admission(
            WorkerPool pool,
            AdmissionConfig config,
            MigrationConfig migration,
            PrefixConfig prefix,
            Vertx vertx,
            List<GenerationObserver> observers,
            LongSupplier nanoTime) {
        this.migration = migration;
        this.pool = pool;
        this.config = config;
        this.vertx = vertx;
        this.observer = Observers.of(observers);
        this.room = new WaitingRoom(pool, config.queueSize(), config.queueTokens(), nanoTime);
        this.positions = new Positions(vertx, room);
        this.scopes = new PrefixScopes(prefix.scope());
        pool.onChange(this::dispatch);
    }

    /**
     * Asks for a generation on the usual terms; see {@link #submit(Submission)}.
     */
    public Uni<Generation> submit(GenerationRequest request) {
        return submit(Submission.of(request));
    }

    /**
     * Asks for a generation. Never blocks; may be called from any thread, results come on the caller's event loop or, where
     * it has none, on one of Vert.x'.
     *
     * @return fails with {@link io.quern.generation.GenerationException} where the request is not accepted. Cancelling it
     *     withdraws the request, queued or not.
     */
    public Uni<Generation> submit(Submission submission) {
        return Uni.createFrom().deferred(() -> {
            // the event loop's own context, not the request's duplicate: streams of one loop are told in one task
            ContextInternal context = ((ContextInternal) vertx.getOrCreateContext()).unwrap();
            ActiveGeneration generation = new ActiveGeneration(
                    submission,
                    scopes.of(submission),
                    context,
                    owner,
                    config.streamBuffer(),
                    new Losses(migration.limit()));
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
        return room.size();
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

    private void admit(ActiveGeneration generation) {
        GenerationError refusal = refusalOfAll();
        if (refusal != null) {
            generation.refuse(refusal);
            return;
        }
        startDeadline(generation);
        Optional<List<ActiveGeneration>> leaving = room.enter(generation);
        leaving.ifPresentOrElse(
                others -> others.forEach(other -> other.refuse(
                        overloaded("The queue is full, and this client has more requests in it than others"))),
                () -> generation.refuse(overloaded("The queue is full (" + room.size() + " requests wait)")));
        if (leaving.isEmpty()) {
            return;
        }
        dispatch();
        if (room.holds(generation)) {
            startTimer(generation);
            positions.tell(generation);
            positions.changed();
        }
    }

    private GenerationError overloaded(String why) {
        return new GenerationError.Overloaded(retryAfter(), why + "; try again later.");
    }

    /** When those who wait now will have begun, as the queue has moved until now. */
    private Duration retryAfter() {
        Duration most = config.timeout().compareTo(RETRY_AFTER) < 0 ? RETRY_AFTER : config.timeout();
        Duration time = room.timeToDrain().orElse(RETRY_AFTER);
        if (time.compareTo(RETRY_AFTER) < 0) {
            return RETRY_AFTER;
        }
        return time.compareTo(most) > 0 ? most : time;
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

    private void startTimer(ActiveGeneration generation) {
        long timer = vertx.setTimer(
                Math.max(1, config.timeout().toMillis()),
                id -> timeUp(() -> {
                    if (room.withdraw(generation)) {
                        positions.changed();
                        generation.refuse(new GenerationError.QueueTimeout(
                                retryAfter(),
                                "No slot came free within " + config.timeout().toSeconds() + " s."));
                    }
                }));
        generation.waitsUntil(timer);
        if (generation.ended()) {
            vertx.cancelTimer(timer);
        }
    }

    private void startDeadline(ActiveGeneration generation) {
        Stream.concat(config.requestTimeout().stream(), generation.submission().timeout().stream())
                .min(Duration::compareTo)
                .ifPresent(timeout -> {
                    long timer = vertx.setTimer(
                            Math.max(1, timeout.toMillis()),
                            id -> timeUp(() -> generation.refuse(new GenerationError.DeadlineExceeded(
                                    "The request was not done within " + seconds(timeout) + " s."))));
                    generation.endsBy(timer);
                    if (generation.ended()) {
                        vertx.cancelTimer(timer);
                    }
                });
    }

    /** On an event loop, which would only log what it throws: a request would wait for ever. */
    private static void timeUp(Runnable what) {
        EngineThreads.reporting("a timer of the queue", what).run();
    }

    private void cancelTimer(long timer) {
        if (timer >= 0) {
            vertx.cancelTimer(timer);
        }
    }

    /** As a person writes them: 0.5, 30. */
    private static String seconds(Duration time) {
        return BigDecimal.valueOf(time.toMillis(), 3).stripTrailingZeros().toPlainString();
    }

    /** Gives free slots to those who wait: first to those whose worker was lost, then to clients in turn. */
    private void dispatch() {
        if (!pool.mayServe()) {
            refuseAll();
            return;
        }
        for (WaitingRoom.Start next = room.next(); next != null; next = room.next()) {
            cancelTimer(next.generation().timer());
            positions.changed();
            next.generation().run(next.lease());
        }
    }

    private void refuseAll() {
        GenerationError error = refusalOfAll();
        if (error == null) {
            return;
        }
        for (ActiveGeneration next = room.any(); next != null; next = room.any()) {
            next.refuse(error);
        }
    }

    /** What a generation asks and tells on its way. */
    private final class GenerationOwner implements ActiveGeneration.Owner {
        @Override
        public GenerationObserver observer() {
            return observer;
        }

        @Override
        public MigrationMode migration() {
            return migration.mode();
        }

        @Override
        public void moved(ActiveGeneration generation, int worker, int delivered) {
            migrations.incrementAndGet();
            observer.moved(generation.submission().request().id(), worker, delivered, generation.alone());
        }

        @Override
        public void noLongerAlone() {
            dispatch();
        }

        @Override
        public void again(ActiveGeneration generation) {
            room.enterAgain(generation);
            dispatch();
            if (room.holds(generation)) {
                startTimer(generation);
            }
        }

        @Override
        public void blamed(List<Integer> workers) {
            workers.forEach(pool::forgive);
        }

        @Override
        public void over(ActiveGeneration generation) {
            if (room.withdraw(generation)) {
                positions.changed();
                if (generation.alone()) {
                    // a worker may have been kept free for it
                    dispatch();
                }
            }
            cancelTimer(generation.timer());
            cancelTimer(generation.deadline());
            if (active.decrementAndGet() == 0 && closed) {
                drained.complete(null);
            }
        }
    }
}
