package io.quern.pool;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationRequest;
import io.quern.jvm.WorkerBounds;
import io.quern.socket.FrameConnection;
import io.quern.threads.EngineThreads;
import io.quern.wire.Accepted;
import io.quern.wire.Delta;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fatal;
import io.quern.wire.Fault;
import io.quern.wire.Generate;
import io.quern.wire.Kept;
import io.quern.wire.Progress;
import io.quern.wire.Ready;
import io.quern.wire.Rejected;
import io.quern.wire.Step;
import io.quern.wire.WireException;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * The engine's end of one worker's connection: sends requests, hands what comes back to the leases' event loops, counts
 * slots. It lives as long as the connection; a restarted worker gets a new one.
 *
 * <p>One thread reads, one writes; all other methods may be called from anywhere and never block.
 */
final class WorkerLink {
    private static final Logger LOG = Logger.getLogger(WorkerLink.class);

    /** What the link tells of; called on the reading thread. */
    interface Events {
        void progress(Progress progress);

        void ready(Ready ready);

        void fatal(Fatal fatal);

        /**
         * The connection is gone; all its leases have failed. Comes once.
         *
         * @param peerGone whether the worker's end of it went first: how its process ends may say why
         */
        void lost(String cause, boolean peerGone);

        /** A slot came free. */
        void capacity();
    }

    private static final Duration MEMORY_PATIENCE = Duration.ofSeconds(2);

    /** What the name of a device begins with that compiles nothing at first use. */
    private static final String PROCESSOR = "CPU";

    private final int workerId;
    private final WorkerBounds bounds;
    private final FrameConnection<WorkerFrame, EngineFrame> connection;
    private final Outbox outbox;
    private final Events events;
    private final Map<Long, Lease> leases = new ConcurrentHashMap<>();

    /** Rising over all connections that a worker has with this JVM: what it still says of an earlier one's request meets none. */
    private final AtomicLong numbers = new AtomicLong(System.nanoTime());

    /** What is to be copied for requests that are about to be written, by their numbers. */
    private final Map<Long, KeptState> moving = new ConcurrentHashMap<>();

    private final long stateBytes;
    private final Pulse pulse;
    private volatile Ready ready;
    private volatile long cachedTokens;
    private WorkerMemory memory;
    private long copies;
    private int busy;

    /** The lease that no other may be beside, or null. */
    private Lease alone;

    private boolean closed;
    private volatile boolean givenUp;

    /** The lease whose request is being written, by the writing thread; or null. */
    private volatile Lease writing;

    private final CompletableFuture<Void> writerEnded = new CompletableFuture<>();
    private final CompletableFuture<LossCause> processEnd = new CompletableFuture<>();

    /**
     * @param bounds of requests to this worker: it is sent none that its memory is not made for
     * @param stateBytes how much another worker may have kept of a request
     */
    WorkerLink(
            int workerId,
            WorkerBounds bounds,
            long stateBytes,
            FrameConnection<WorkerFrame, EngineFrame> connection,
            Pulse pulse,
            Events events) {
        this.workerId = workerId;
        this.bounds = bounds;
        this.stateBytes = stateBytes;
        this.pulse = pulse;
        this.connection = connection;
        this.outbox = new Outbox(connection);
        this.events = events;
    }

    int workerId() {
        return workerId;
    }

    /** Whether it still moves. */
    Pulse pulse() {
        return pulse;
    }

    /** What the worker said of itself, or null while it is loading. */
    Ready ready() {
        return ready;
    }

    /** Tokens held in the worker's KV cache after its last step. */
    long cachedTokens() {
        return cachedTokens;
    }

    /** Starts the writing thread and reads in the calling one until the connection ends. */
    void run() {
        try {
            EngineThreads.virtual("quern-outbox-" + workerId).start(this::write);
            for (WorkerFrame frame = connection.receive(); frame != null; frame = connection.receive()) {
                handle(frame);
            }
            end("it closed its connection", true);
        } catch (IOException e) {
            end("its connection broke: " + e.getMessage(), !(e instanceof WireException));
        } catch (RuntimeException | LinkageError e) {
            LOG.errorf(e, "worker %d: a frame could not be handled", workerId);
            close("a frame of it could not be handled: " + e);
        } catch (Error e) {
            // nobody may write: then nobody else says so
            writerEnded.complete(null);
            close("the engine cannot go on with it: " + e);
            throw e;
        }
    }

    private void write() {
        try {
            outbox.run(this::writes, this::written);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            // whatever it was: nobody writes any more, so nobody must wait for an answer
            end("cannot write to it: " + e.getMessage(), e instanceof IOException);
        } catch (Error e) {
            close("the engine cannot write to it: " + e);
            throw e;
        } finally {
            writerEnded.complete(null);
        }
    }

    synchronized int freeSlots() {
        return closed || ready == null || alone != null ? 0 : ready.getSlots() - busy;
    }

    synchronized int busySlots() {
        return busy;
    }

    /** Claims a slot; null if none is free. */
    synchronized Lease lease() {
        if (freeSlots() <= 0) {
            return null;
        }
        busy++;
        return new Lease(this, numbers.incrementAndGet());
    }

    /** Claims a slot and keeps all others free; null if one is taken. */
    synchronized Lease leaseAlone() {
        Lease lease = busy == 0 ? lease() : null;
        alone = lease == null ? alone : lease;
        return lease;
    }

    /** Others may be beside that lease. */
    void share(Lease lease) {
        synchronized (this) {
            if (alone != lease) {
                return;
            }
            alone = null;
        }
        events.capacity();
    }

    /** Sends the request, unless its lease was cancelled meanwhile: then its slot comes free here. */
    void start(Lease lease, GenerationRequest request, PrefixScope scope, Replay replay) {
        Optional<Kept> kept = kept(lease.number(), replay.kept());
        EngineFrame frame = EngineFrames.generate(lease.number(), request, scope, replay, kept);
        Optional<GenerationError> tooLarge = tooLarge(frame);
        boolean sent = false;
        boolean wanted;
        synchronized (outbox) {
            wanted = lease.running();
            if (wanted) {
                leases.put(lease.number(), lease);
                pulse.begins(System.nanoTime());
                sent = tooLarge.isEmpty() && outbox.offer(frame);
            }
        }
        if (!sent) {
            moving.remove(lease.number());
        }
        if (!wanted) {
            slotFreed();
        } else if (tooLarge.isPresent()) {
            failLease(lease, tooLarge.get());
        } else if (!sent) {
            close("it does not read what it is sent");
            // the link may have closed before the lease was registered: nobody else would tell it then
            loseLease(lease, lostError("it was lost before the request reached it"), null);
        }
    }

    /** Gives the slot back; of a lease that is just being started, {@link #start} sees the end and does it. */
    void release(Lease lease, boolean started) {
        if (!started) {
            slotFreed();
            return;
        }
        boolean registered;
        boolean sent = true;
        // in one with start(): a worker that heard of the end first would then begin, for nobody
        synchronized (outbox) {
            registered = leases.remove(lease.number()) != null;
            if (registered) {
                pulse.ends();
                sent = outbox.offer(EngineFrames.cancel(lease.number()));
            }
        }
        if (!sent) {
            close("it does not read what it is sent");
        }
        if (registered) {
            slotFreed();
        }
    }

    /** Asks a worker that has been silent without work whether it still moves, if it is time to. */
    void ping(long now) {
        if (pulse.asks(now)) {
            outbox.offer(EngineFrames.ping());
        }
    }

    /** Ends what runs on it and asks the worker to end. */
    void stop() {
        end(new GenerationError.ShuttingDown("The service is shutting down."), EngineFrames.stop());
    }

    /** Ends what runs on it and has the worker wait for the application that follows, on a connection with that token. */
    void park(String token) {
        end(
                new GenerationError.Reloaded(
                        "The application was reloaded (development mode), which ended this request. Send it again."),
                EngineFrames.park(token));
    }

    private void end(GenerationError error, EngineFrame frame) {
        leases.values().forEach(lease -> failLease(lease, error));
        outbox.offer(frame);
    }

    synchronized boolean closed() {
        return closed;
    }

    /** Has the worker misbehave; false where nothing can be sent to it. */
    boolean inject(Fault fault) {
        return outbox.offer(EngineFrames.fault(fault));
    }

    /** Gives the connection up; every lease on it fails. */
    void close(String cause) {
        end(cause, false);
    }

    /** The same, where the process is gone and nothing more can come. */
    void processGone(String cause) {
        end(cause, true);
    }

    /**
     * How the worker's process has ended, which those want to know whose lease was lost. Its leases may be lost before or after.
     *
     * @param cause what the end of the process tells
     */
    void ended(LossCause cause) {
        processEnd.complete(cause);
    }

    /** Whether the engine gave the connection up, rather than the worker's end of it being gone. */
    boolean givenUp() {
        return givenUp;
    }

    /** Where the worker will find it: it is copied there by the writing thread, since that takes its time. */
    private synchronized Optional<Kept> kept(long number, KeptState state) {
        if (state.isNothing() || stateBytes == 0 || copies == WorkerMemory.MAX_COPIES) {
            return Optional.empty();
        }
        copies++;
        moving.put(number, state);
        return Optional.of(Kept.newBuilder()
                .setRequest(state.request())
                .setOffset(copies * WorkerMemory.SPACING)
                .build());
    }

    private void writes(EngineFrame frame) {
        writing = frame.hasGenerate() ? leases.get(frame.getGenerate().getRequest()) : null;
        if (frame.hasGenerate()) {
            copy(frame.getGenerate());
        }
    }

    /** A worker tells of its memory just after it is ready, and before it looks at a request. Null if it does not. */
    private synchronized WorkerMemory awaitMemory() {
        long begin = System.nanoTime();
        try {
            while (memory == null && !closed && System.nanoTime() - begin < MEMORY_PATIENCE.toNanos()) {
                wait(MEMORY_PATIENCE.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return memory;
    }

    /** If it fails, the worker finds nothing and computes again. */
    private void copy(Generate generate) {
        KeptState state = moving.remove(generate.getRequest());
        if (state == null || writing == null) {
            return;
        }
        WorkerMemory target = awaitMemory();
        if (target == null) {
            return;
        }
        try {
            boolean copied = state.copyTo(target, generate.getKept().getOffset(), stateBytes);
            LOG.debugf(
                    "worker %d: %s was kept of a request that it goes on with",
                    workerId, copied ? "a state" : "nothing");
        } catch (IOException e) {
            LOG.debugf("worker %d: what another has kept cannot be copied: %s", workerId, e);
        }
    }

    private void written() {
        Lease lease = writing;
        if (lease != null) {
            lease.reached();
            writing = null;
        }
    }

    /** Why a lease was lost; to be called when the connection is closed, so that nothing more is written. */
    private CompletionStage<LossCause> causeFor(Lease lease) {
        if (lease == writing) {
            // it has been told to end, and knows by then how far it got
            return writerEnded.thenCompose(
                    ended -> lease.hasReached() ? processEnd : CompletableFuture.completedStage(LossCause.NOT_REACHED));
        }
        return lease.hasReached()
                ? processEnd.minimalCompletionStage()
                : CompletableFuture.completedStage(LossCause.NOT_REACHED);
    }

    /** @param peerGone whether the other end is what has gone */
    private void end(String cause, boolean peerGone) {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            givenUp = !peerGone;
            notifyAll();
        }
        outbox.close();
        try {
            connection.close();
        } catch (IOException e) {
            LOG.debugf("worker %d: closing its connection: %s", workerId, e.getMessage());
        }
        WorkerMemory left;
        synchronized (this) {
            left = memory;
            memory = null;
        }
        leases.values().forEach(lease -> loseLease(lease, lostError(cause), left));
        if (left != null) {
            left.release();
        }
        events.lost(cause, peerGone);
    }

    /** Why a request must not be sent, if so: the worker would refuse it too, but would have to hold it first. */
    private Optional<GenerationError> tooLarge(EngineFrame frame) {
        long prompt = frame.getGenerate().getPromptBytes().size();
        if (prompt > bounds.promptBytes() && bounds.promptBytes() < connection.maxFrameBytes()) {
            int context = ready.getContextLength();
            long atLeast = Math.max(context + 1L, Math.ceilDiv(prompt * context, bounds.promptBytes()));
            return Optional.of(new GenerationError.ContextLengthExceeded(
                    0,
                    context,
                    "This model's maximum context length is " + context + " tokens. However, the prompt of " + prompt
                            + " bytes has at least " + atLeast + " tokens. Please shorten the prompt."));
        }
        if (frame.getSerializedSize() > connection.maxFrameBytes()) {
            return Optional.of(new GenerationError.InvalidRequest(
                    null,
                    "The request takes " + frame.getSerializedSize() + " bytes on its way to the worker, at most "
                            + connection.maxFrameBytes() + " are allowed (quern.worker.max-frame-bytes)."));
        }
        return Optional.empty();
    }

    private GenerationError.WorkerLost lostError(String cause) {
        return new GenerationError.WorkerLost(
                workerId, "The worker process that generated this answer was lost: " + cause + ".");
    }

    private void failLease(Lease lease, GenerationError error) {
        if (leases.remove(lease.number()) != null) {
            pulse.ends();
            slotFreed();
            lease.context().runOnContext(v -> lease.fail(error));
        }
    }

    private void loseLease(Lease lease, GenerationError.WorkerLost error, WorkerMemory left) {
        if (leases.remove(lease.number()) != null) {
            pulse.ends();
            slotFreed();
            CompletionStage<LossCause> cause = causeFor(lease);
            KeptState kept = left == null ? KeptState.NOTHING : left.of(lease.number());
            lease.context().runOnContext(v -> lease.lose(error, kept, cause));
        }
    }

    /** Without it its requests are replayed from their beginning, should it end. */
    private void keeps(String path) {
        WorkerMemory opened;
        try {
            opened = WorkerMemory.open(path);
        } catch (IOException e) {
            LOG.debugf("worker %d: the states that it keeps cannot be held: %s", workerId, e);
            return;
        }
        synchronized (this) {
            if (!closed && memory == null) {
                memory = opened;
                notifyAll();
                return;
            }
        }
        opened.release();
    }

    private void slotFreed() {
        synchronized (this) {
            busy--;
            if (busy == 0) {
                alone = null;
            }
        }
        events.capacity();
    }

    private void handle(WorkerFrame frame) throws IOException {
        if (frame.hasStep()) {
            pulse.stepped(System.nanoTime(), frame.getStep().getMicros());
        } else {
            pulse.heard(System.nanoTime());
        }
        switch (frame.getFrameCase()) {
            case STEP -> step(frame.getStep());
            case ACCEPTED -> accepted(frame.getAccepted());
            case REJECTED -> rejected(frame.getRejected());
            case PROGRESS -> events.progress(frame.getProgress());
            case READY -> {
                ready = frame.getReady();
                if (ready.getDevice().startsWith(PROCESSOR)) {
                    // it has made a step before it said so; a GPU may have more to compile
                    pulse.warm();
                }
                events.ready(frame.getReady());
            }
            case PONG -> {}
            case KEEPS -> keeps(frame.getKeeps().getPath());
            case FATAL -> events.fatal(frame.getFatal());
            case HELLO, FRAME_NOT_SET ->
                throw new WireException("it sent a frame out of place: " + frame.getFrameCase());
        }
    }

    private void accepted(Accepted accepted) {
        Lease lease = leases.get(accepted.getRequest());
        if (lease != null) {
            lease.reached();
            lease.context().runOnContext(v -> lease.accepted(accepted.getPromptTokens()));
        }
    }

    private void rejected(Rejected rejected) {
        Lease lease = leases.get(rejected.getRequest());
        if (lease != null) {
            GenerationError error =
                    switch (rejected.getReason()) {
                        case CONTEXT_LENGTH ->
                            new GenerationError.ContextLengthExceeded(
                                    rejected.getPromptTokens(), ready.getContextLength(), rejected.getMessage());
                        case INVALID -> new GenerationError.InvalidRequest(null, rejected.getMessage());
                        case NO_SLOT, INTERNAL, REASON_UNSPECIFIED, UNRECOGNIZED ->
                            new GenerationError.Internal("the worker refused the request: " + rejected.getMessage());
                    };
            failLease(lease, error);
        }
    }

    /** One task per event loop, however many of its streams the step brought tokens for. */
    private void step(Step step) {
        cachedTokens = step.getCachedTokens();
        List<StepDeltas> batches = new ArrayList<>(2);
        for (Delta delta : step.getDeltasList()) {
            Lease lease = leases.get(delta.getRequest());
            if (lease == null) {
                // cancelled: the worker had not heard of it yet
                continue;
            }
            batchFor(batches, lease).add(lease, delta);
            if (delta.hasFinish() && leases.remove(delta.getRequest()) != null) {
                pulse.ends();
                slotFreed();
            }
        }
        for (StepDeltas batch : batches) {
            batch.context.runOnContext(v -> batch.deliver());
        }
    }

    private static StepDeltas batchFor(List<StepDeltas> batches, Lease lease) {
        for (StepDeltas batch : batches) {
            if (batch.context == lease.context()) {
                return batch;
            }
        }
        StepDeltas batch = new StepDeltas(lease.context());
        batches.add(batch);
        return batch;
    }
}
