package io.quern.pool;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationRequest;
import io.quern.launch.WorkerSpec;
import io.quern.time.EngineClock;
import io.quern.wire.Accepted;
import io.quern.wire.Delta;
import io.quern.wire.EngineFrame;
import io.quern.wire.Finish;
import io.quern.wire.Generate;
import io.quern.wire.Kept;
import io.quern.wire.PrefixComputed;
import io.quern.wire.PrefixSought;
import io.quern.wire.Ready;
import io.quern.wire.Rejected;
import io.quern.wire.Step;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The requests of one worker's connection: sends them, passes the answers to their event loops, and gives their slots
 * back. Thread-safe. Nothing blocks except {@link #writes}.
 */
final class Leases {
    /** The part of a connection that its leases use. */
    interface Owner {
        /** Gives up the connection; every lease on it is lost. */
        void close(String cause);

        /** A slot became free. */
        void capacity();

        /** The worker gets its first request. Called within a lock, and must not block. */
        void begun();
    }

    private final int workerId;
    private final RequestBounds bounds;
    private final Outbox outbox;
    private final Pulse pulse;
    private final EngineClock clock;
    private final Owner owner;
    private final SlotLedger slots;
    private final KeptStates keptStates;
    private final PrefixDesk prefixes;
    private final LossCauses lossCauses;
    private final Map<Long, Lease> running = new ConcurrentHashMap<>();
    private volatile int contextLength;

    /**
     * @param spec the worker's specification, which limits the size of a request
     * @param store the states of prefixes for all workers of the model
     */
    Leases(
            WorkerSpec spec,
            PrefixStore store,
            int maxFrameBytes,
            Outbox outbox,
            Pulse pulse,
            LossCauses lossCauses,
            EngineClock clock,
            Owner owner) {
        this.workerId = spec.id();
        this.lossCauses = lossCauses;
        this.bounds = new RequestBounds(spec.bounds(), maxFrameBytes);
        this.outbox = outbox;
        this.pulse = pulse;
        this.clock = clock;
        this.owner = owner;
        // numbers rise over all connections of a worker to this JVM, so a late answer for an earlier connection
        // matches no lease
        AtomicLong numbers = new AtomicLong(clock.nanos());
        slots = new SlotLedger(() -> new Lease(this, numbers.incrementAndGet()), owner::begun);
        keptStates = new KeptStates(workerId, spec.stateBytes());
        prefixes = new PrefixDesk(workerId, store, outbox, keptStates::memory);
    }

    int workerId() {
        return workerId;
    }

    /** The worker is ready. */
    void open(Ready ready) {
        contextLength = ready.getContextLength();
        slots.open(ready.getSlots());
    }

    int freeSlots() {
        return slots.free();
    }

    int busySlots() {
        return slots.busy();
    }

    /** Claims a slot, or returns null if none is free. */
    Lease lease() {
        return slots.lease();
    }

    /** Claims a slot and keeps all others free, or returns null if any slot is taken. */
    Lease leaseAlone() {
        return slots.leaseAlone();
    }

    /** Returns whether one lease keeps all other slots free. */
    boolean leasedAlone() {
        return slots.leasedAlone();
    }

    /** Lets other requests run beside this lease. */
    void share(Lease lease) {
        if (slots.share(lease)) {
            owner.capacity();
        }
    }

    /** Sends the request. If its lease was cancelled meanwhile, frees the slot instead. */
    void start(Lease lease, GenerationRequest request, PrefixScope scope, Replay replay) {
        Optional<Kept> kept = keptStates.place(lease.number(), replay.kept());
        EngineFrame frame = EngineFrames.generate(lease.number(), request, scope, replay, kept);
        Optional<GenerationError> tooLarge = bounds.problem(frame, contextLength);
        boolean sent = false;
        boolean wanted;
        synchronized (outbox) {
            wanted = lease.running();
            if (wanted) {
                running.put(lease.number(), lease);
                pulse.begins(clock.nanos());
                sent = tooLarge.isEmpty() && outbox.offer(frame);
            }
        }
        if (!sent) {
            keptStates.withdraw(lease.number());
        }
        if (!wanted) {
            slotFreed();
        } else if (tooLarge.isPresent()) {
            fail(lease, tooLarge.get());
        } else if (!sent) {
            requireSent(false);
            // the connection may have closed before the lease was registered, and then nobody else would report the
            // loss
            lose(lease, lostError("it was lost before the request reached it"), Optional.empty());
        }
    }

    /**
     * Gives the slot back. While {@link #start} still runs, it notices the end of the lease and frees the slot
     * itself.
     */
    void release(Lease lease, boolean started) {
        if (!started) {
            slotFreed();
            return;
        }
        boolean registered;
        boolean sent = true;
        // together with start(): if the worker received the cancellation first, it would run the request for nobody
        synchronized (outbox) {
            registered = running.remove(lease.number()) != null;
            if (registered) {
                pulse.ends();
                sent = outbox.offer(EngineFrames.cancel(lease.number()));
            }
        }
        requireSent(sent);
        if (registered) {
            slotFreed();
        }
    }

    /** Asks the worker to let a request go. Returns false if it does not run there any more. */
    boolean leave(Lease lease, long bytes) {
        synchronized (outbox) {
            return running.get(lease.number()) == lease && outbox.offer(EngineFrames.leave(lease.number(), bytes));
        }
    }

    /** Returns the requests that can move to another worker, the cheapest first. */
    List<Lease> movable() {
        return slots.leasedAlone()
                ? List.of()
                : running.values().stream()
                        .filter(Lease::movable)
                        .sorted(Comparator.comparingInt(Lease::length))
                        .toList();
    }

    /** Returns whether the worker computes a long prompt. */
    boolean prefillsLongPrompt() {
        return running.values().stream().anyMatch(Lease::prefillsLongPrompt);
    }

    /** Returns whether a request is about to move to another worker. */
    boolean moving() {
        return running.values().stream().anyMatch(Lease::moving);
    }

    /** Without a frame that did not fit into the outbox, the worker would not do what it should. */
    private void requireSent(boolean sent) {
        if (!sent) {
            owner.close("it does not read what the engine sends");
        }
    }

    /** The writing thread is about to write a frame that is no request. May first copy a state, which takes time. */
    void writesOther(EngineFrame frame) {
        prefixes.writes(frame);
    }

    /** The writing thread is about to write this request. May first copy a state, which takes time. */
    void writes(Generate request) {
        long number = request.getRequest();
        Lease lease = running.get(number);
        lossCauses.writes(lease == null ? null : lease.arrival());
        if (lease == null) {
            keptStates.withdraw(number);
        } else {
            keptStates.copy(request);
        }
    }

    /** The worker reports where it keeps the states of its sequences. */
    void keeps(String path) {
        keptStates.keeps(path);
    }

    /** The worker asks for the state of a prefix. */
    void sought(PrefixSought sought) {
        requireSent(prefixes.sought(sought, scope(sought.getRequest())));
    }

    /** The worker offers the state of a prefix. */
    void computed(PrefixComputed computed) {
        requireSent(prefixes.computed(computed, scope(computed.getRequest())));
    }

    /** A worker could name any scope, so the engine takes that of the request. */
    private PrefixScope scope(long request) {
        Lease lease = running.get(request);
        return lease == null ? PrefixScope.NONE : lease.scope();
    }

    void accepted(Accepted accepted) {
        Lease lease = running.get(accepted.getRequest());
        if (lease != null) {
            lease.arrival().reached();
            lease.context().runOnContext(v -> lease.accepted(accepted.getPromptTokens()));
        }
    }

    void rejected(Rejected rejected) {
        Lease lease = running.get(rejected.getRequest());
        if (lease != null) {
            GenerationError error =
                    switch (rejected.getReason()) {
                        case CONTEXT_LENGTH ->
                            new GenerationError.ContextLengthExceeded(
                                    rejected.getPromptTokens(), contextLength, rejected.getMessage());
                        case INVALID ->
                            new GenerationError.InvalidRequest(
                                    rejected.getField().isEmpty() ? null : rejected.getField(), rejected.getMessage());
                        case NO_SLOT, INTERNAL, REASON_UNSPECIFIED, UNRECOGNIZED ->
                            new GenerationError.Internal("The worker rejected the request: " + rejected.getMessage());
                    };
            fail(lease, error);
        }
    }

    /** Runs one task per event loop, however many of its streams get tokens in this step. */
    void step(Step step) {
        List<StepDeltas> batches = new ArrayList<>(2);
        for (Delta delta : step.getDeltasList()) {
            Lease lease = running.get(delta.getRequest());
            if (lease == null) {
                // cancelled, but the worker did not know it yet
                continue;
            }
            if (delta.getFinish().getReason() == Finish.Reason.LEFT) {
                lease.leaves(kept(lease, keptStates.memory()));
            }
            StepDeltas.of(batches, lease.context()).add(lease, delta);
            if (delta.hasFinish() && running.remove(delta.getRequest()) != null) {
                pulse.ends();
                slotFreed();
            }
        }
        batches.forEach(StepDeltas::send);
    }

    void failAll(GenerationError error) {
        running.values().forEach(lease -> fail(lease, error));
    }

    /** From now on, no slot is free. */
    void close() {
        slots.close();
    }

    /** The connection is closed. */
    void loseAll(String cause) {
        prefixes.close();
        Optional<WorkerMemory> left = keptStates.close();
        running.values().forEach(lease -> lose(lease, lostError(cause), left));
        left.ifPresent(WorkerMemory::release);
    }

    private GenerationError.WorkerLost lostError(String cause) {
        return new GenerationError.WorkerLost(
                workerId, "The worker that generated this answer was lost: " + cause + ".");
    }

    private void fail(Lease lease, GenerationError error) {
        if (running.remove(lease.number()) != null) {
            pulse.ends();
            slotFreed();
            lease.context().runOnContext(v -> lease.fail(error));
        }
    }

    private void lose(Lease lease, GenerationError.WorkerLost error, Optional<WorkerMemory> left) {
        if (running.remove(lease.number()) != null) {
            pulse.ends();
            slotFreed();
            CompletionStage<LossCause> cause = lossCauses.of(lease.arrival());
            KeptState kept = kept(lease, left);
            lease.context().runOnContext(v -> lease.lose(error, kept, cause));
        }
    }

    private static KeptState kept(Lease lease, Optional<WorkerMemory> left) {
        return left.map(memory -> memory.of(lease.number())).orElse(KeptState.NOTHING);
    }

    private void slotFreed() {
        slots.freed();
        owner.capacity();
    }
}
