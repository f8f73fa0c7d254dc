package io.quern.admission;

import io.quern.generation.Family;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationRequest;
import io.quern.pool.WorkerPool;
import io.quern.time.EngineClock;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Accepts requests, queues them fairly between clients while no slot is free, and returns their token streams.
 * Thread-safe; nothing here blocks.
 */
public final class Admission {
    /**
     * An estimate until a queue has moved: slots usually become free within seconds. Also the shortest Retry-After.
     */
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final WorkerPool pool;
    private final Gate gate;
    private final AdmissionPolicy policy;
    private final Vertx vertx;
    private final EngineClock clock;
    private final Timers timers;
    private final Observers observer;
    private final WaitingRoom room;
    private final Positions positions;
    private final Deadlines deadlines;
    private final PrefixScopes scopes;
    private final ModelVocabulary vocabulary;
    private final AtomicLong migrations = new AtomicLong();
    private final AtomicInteger active = new AtomicInteger();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private final ActiveGeneration.Owner owner = new GenerationOwner();
    private volatile boolean closed;

    /**
     * @param clock measures durations
     * @param timers end requests that take too long
     */
    Admission(
            WorkerPool pool,
            AdmissionPolicy policy,
            Vertx vertx,
            List<GenerationObserver> observers,
            EngineClock clock,
            Timers timers) {
        this(pool, Gate.of(pool), policy, vertx, observers, clock, timers);
    }

    /**
     * @param gate decides which requests may wait
     * @param clock measures durations
     * @param timers end requests that take too long
     */
    Admission(
            WorkerPool pool,
            Gate gate,
            AdmissionPolicy policy,
            Vertx vertx,
            List<GenerationObserver> observers,
            EngineClock clock,
            Timers timers) {
        this.pool = pool;
        this.gate = gate;
        this.policy = policy;
        this.vertx = vertx;
        this.observer = Observers.of(observers);
        this.clock = clock;
        this.timers = timers;
        this.room =
                new WaitingRoom(pool, policy.queue().queueSize(), policy.queue().queueTokens(), clock);
        this.positions = new Positions(timers, room);
        this.deadlines = new Deadlines(timers, policy.queue());
        this.scopes = new PrefixScopes(policy.prefix().scope());
        this.vocabulary = new ModelVocabulary(pool, gate, policy, timers, this::refusalOfAll, this::oneLess);
        pool.onChange(this::dispatch);
        pool.onChange(vocabulary::dispatch);
    }

    /** Adds an observer of all requests that are submitted from now on. */
    public void observe(GenerationObserver further) {
        observer.add(further);
    }

    /** Submits a request with default terms; see {@link #submit(Submission)}. */
    public Uni<Generation> submit(GenerationRequest request) {
        return submit(Submission.of(request));
    }

    /**
     * Submits a request. Never blocks. Any thread may call this. Results come on the caller's event loop, or on one
     * of Vert.x if the caller has none.
     *
     * @return fails with {@link io.quern.generation.GenerationException} if the request is not accepted. Cancelling
     *     it withdraws the request, whether it is queued or runs.
     */
    public Uni<Generation> submit(Submission submission) {
        return Uni.createFrom().deferred(() -> {
            // the event loop's own context, not the request's duplicate, so that one task serves all streams of a
            // loop
            ContextInternal context = ((ContextInternal) vertx.getOrCreateContext()).unwrap();
            ActiveGeneration generation = new ActiveGeneration(
                    submission,
                    scopes.of(submission),
                    context,
                    owner,
                    policy.queue().streamBuffer(),
                    new Account(observer, clock),
                    new Losses(policy.migration().limit()));
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

    /** Returns the vocabulary of the model. */
    public ModelVocabulary vocabulary() {
        return vocabulary;
    }

    /** Returns the number of requests that hold a slot. */
    public int running() {
        return Math.max(0, active.get() - room.size());
    }

    /** Returns the number of requests that wait for a slot or for the answer to a question about the vocabulary. */
    public int waiting() {
        return room.size() + vocabulary.waiting();
    }

    /** Returns whether no request waits or runs. */
    public boolean isIdle() {
        return active.get() == 0 && vocabulary.isIdle();
    }

    /**
     * Gives no slot to requests that have not begun, until {@link #release}. New ones wait with them. Those that have
     * begun continue, even if they lose their worker. Questions about the vocabulary that no worker has got wait, too.
     */
    public void hold() {
        room.hold();
        vocabulary.hold();
    }

    /** Gives slots to all requests again after a {@link #hold}. */
    public void release() {
        room.release();
        dispatch();
        vocabulary.release();
    }

    /**
     * Returns whether all requests and questions have ended that had begun before {@link #hold}. It may be false for a
     * moment after that, and then {@link Gate#ended} or {@link Gate#arrives} follows.
     */
    public boolean isDrained() {
        return active.get() == room.notBegun() && vocabulary.isDrained();
    }

    /** Tells all waiting clients that want to know how far the loading of the model is. */
    public void tellLoading(String progress) {
        room.inTurn().forEach(generation -> generation.loading(progress));
    }

    /** Refuses all waiting requests if new ones would be refused. Those that run continue. */
    public void refuseWaiting() {
        GenerationError error = refusalOfAll();
        if (error == null) {
            return;
        }
        for (ActiveGeneration next = room.any(); next != null; next = room.any()) {
            next.refuse(error);
        }
        vocabulary.refuseWaiting();
    }

    /** Returns how many times a request moved to another worker because its worker was lost. */
    public long migrations() {
        return migrations.get();
    }

    /**
     * Stops accepting requests. Those that wait or run continue.
     *
     * @return completes when no request is left
     */
    public CompletionStage<Void> close() {
        closed = true;
        if (isIdle()) {
            drained.complete(null);
        }
        return drained.minimalCompletionStage();
    }

    /**
     * Returns the error that any new request would get now, or empty if requests are accepted. Cheap; any thread may
     * call it.
     */
    public Optional<GenerationError> refusal() {
        return Optional.ofNullable(refusalOfAll());
    }

    /** Returns whether new requests are accepted. */
    public boolean open() {
        return !closed;
    }

    private void admit(ActiveGeneration generation) {
        observer.submitted();
        GenerationError refusal = refusalOfAll();
        if (refusal != null) {
            generation.refuse(refusal);
            return;
        }
        deadlines.begins(generation);
        Optional<List<ActiveGeneration>> leaving = room.enter(generation);
        leaving.ifPresentOrElse(
                others -> others.forEach(other -> other.refuse(
                        overloaded("The queue is full, and this client has more requests in it than other clients"))),
                () -> generation.refuse(queueFull(generation)));
        if (leaving.isEmpty()) {
            gate.arrives();
            return;
        }
        dispatch();
        if (room.holds(generation)) {
            awaitSlot(generation);
            positions.tell(generation);
            positions.changed();
            // after the request has entered: a model is loaded on demand only if a request waits for it
            gate.arrives();
            gate.progress().ifPresent(generation::loading);
        }
    }

    private GenerationError queueFull(ActiveGeneration generation) {
        Family family = generation.family();
        int most = pool.view().slots() + policy.queue().queueSize();
        return family != null && family.size() > most
                // the client would try again in vain
                ? new GenerationError.InvalidRequest(
                        "n",
                        "The request asks for " + family.size() + " answers to one prompt, but at most " + most
                                + " can run or wait (the slots, and quern.admission.queue-size). Ask for fewer.")
                : overloaded("The queue is full (" + room.size() + " requests are waiting)");
    }

    private GenerationError overloaded(String why) {
        return new GenerationError.Overloaded(retryAfter(), why + ". Try again later.");
    }

    /** Estimates when all waiting requests will have begun, from how fast the queue has moved so far. */
    private Duration retryAfter() {
        Duration timeout = policy.queue().timeout();
        Duration most = timeout.compareTo(RETRY_AFTER) < 0 ? RETRY_AFTER : timeout;
        Duration time = room.timeToDrain().orElse(RETRY_AFTER);
        if (time.compareTo(RETRY_AFTER) < 0) {
            return RETRY_AFTER;
        }
        return time.compareTo(most) > 0 ? most : time;
    }

    /** Returns null if requests are accepted. They are also accepted while workers restart, and wait. */
    private GenerationError refusalOfAll() {
        if (closed) {
            return Gate.shuttingDown();
        }
        return gate.refusal();
    }

    private void awaitSlot(ActiveGeneration generation) {
        deadlines.waits(generation, () -> {
            if (room.withdraw(generation)) {
                positions.changed();
                generation.refuse(new GenerationError.QueueTimeout(
                        retryAfter(),
                        gate.delay().map(why -> why + ". ").orElse("") + "No slot became free within "
                                + policy.queue().timeout().toSeconds() + " s. Try again later."));
            }
        });
    }

    /** Gives free slots to waiting requests: first to those whose worker was lost, then to clients in turn. */
    private void dispatch() {
        if (!pool.mayServe()) {
            refuseWaiting();
            return;
        }
        for (WaitingRoom.Start next = room.next(); next != null; next = room.next()) {
            next.generation().waitsNoMore();
            positions.changed();
            next.generation().run(next.lease());
        }
    }

    /** A request or a question has ended. */
    private void oneLess() {
        if (isIdle()) {
            if (closed) {
                drained.complete(null);
            }
            gate.idle();
        } else if (room.isHeld()) {
            gate.ended();
        }
    }

    /** Answers a generation's questions and receives its reports. */
    private final class GenerationOwner implements ActiveGeneration.Owner {
        @Override
        public MigrationMode migration() {
            return policy.migration().mode();
        }

        @Override
        public Timers timers() {
            return timers;
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
                awaitSlot(generation);
            }
        }

        @Override
        public void blamed(List<Integer> workers) {
            workers.forEach(pool::forgive);
        }

        @Override
        public void over(ActiveGeneration generation) {
            if (room.end(generation)) {
                positions.changed();
                if (generation.alone()) {
                    // a worker may have been kept free for this request
                    dispatch();
                }
            }
            active.decrementAndGet();
            oneLess();
        }
    }
}
