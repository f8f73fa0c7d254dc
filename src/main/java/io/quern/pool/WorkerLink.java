package io.quern.pool;

import io.quern.generation.GenerationError;
import io.quern.generation.VocabularyQuestion;
import io.quern.launch.WorkerSpec;
import io.quern.log.KeyedLog;
import io.quern.socket.FrameConnection;
import io.quern.threads.EngineThreads;
import io.quern.time.EngineClock;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fatal;
import io.quern.wire.Fault;
import io.quern.wire.Progress;
import io.quern.wire.Ready;
import io.quern.wire.Step;
import io.quern.wire.WireException;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The engine's end of one worker's connection: reads and writes its frames, and ends once. A restarted worker gets a
 * new link.
 *
 * <p>One thread reads and one writes. Any thread may call the other methods, which never block.
 */
final class WorkerLink {
    private static final KeyedLog LOG = KeyedLog.of(WorkerLink.class);

    /** Receives the events of the link, on the reading thread. */
    interface Events {
        void progress(Progress progress);

        void ready(Ready ready);

        void fatal(Fatal fatal);

        /** The connection is closed and all its leases are lost. Called once. */
        void ended(EndCause.ConnectionEnded cause);

        /** A slot became free. */
        void capacity();

        /** The worker gets its first request. Called within a lock, and must not block. */
        void begun();
    }

    /** The names of devices that compile nothing at first use begin with this. */
    private static final String PROCESSOR = "CPU";

    private final int workerId;
    private final FrameConnection<WorkerFrame, EngineFrame> connection;
    private final Outbox outbox;
    private final Events events;
    private final EngineClock clock;
    private final LossCauses lossCauses = new LossCauses();
    private final Leases leases;
    private final Inquiries inquiries;
    private final Duration questionTimeout;
    private final Pulse pulse;

    /** How the connection ended, or null while it is open. */
    private final AtomicReference<EndCause.ConnectionEnded> ended = new AtomicReference<>();

    private volatile Ready ready;
    private volatile long cachedTokens;
    private volatile int waiting;
    private volatile long pauses;
    private volatile DraftTokens drafts = DraftTokens.NONE;
    private volatile int lastThreads;
    private final AtomicInteger mostThreads = new AtomicInteger();
    private volatile Decoded decoded = new Decoded(0, 0);

    /**
     * What the worker has done in steps without a prompt.
     *
     * @param micros the duration of these steps
     */
    record Decoded(long tokens, long micros) {}

    /** The threads that the worker may use. Used on the supervisor's thread. */
    private int allowed;

    /** Written by the reading thread only. */
    private volatile long generatedTokens;

    /** When the worker sent its last frame, or when it connected. */
    private volatile long lastFrame;

    /** @param questionTimeout how long the worker may send nothing of the answer to a question */
    WorkerLink(
            WorkerSpec spec,
            FrameConnection<WorkerFrame, EngineFrame> connection,
            PrefixStore prefixes,
            Pulse pulse,
            Duration questionTimeout,
            EngineClock clock,
            Events events) {
        this.questionTimeout = questionTimeout;
        this.workerId = spec.id();
        allowed = spec.settings().getComputation().getThreads();
        this.connection = connection;
        this.pulse = pulse;
        this.clock = clock;
        lastFrame = clock.nanos();
        this.events = events;
        outbox = new Outbox(connection);
        inquiries = new Inquiries(spec.id(), connection.maxFrameBytes(), outbox, lossCauses, clock);
        leases = new Leases(
                spec, prefixes, connection.maxFrameBytes(), outbox, pulse, lossCauses, clock, new Leases.Owner() {
                    @Override
                    public void close(String cause) {
                        WorkerLink.this.close(cause);
                    }

                    @Override
                    public void capacity() {
                        events.capacity();
                    }

                    @Override
                    public void begun() {
                        events.begun();
                    }
                });
    }

    /** Returns the worker's report, or null while it loads. */
    Ready ready() {
        return ready;
    }

    /** Returns the tokens in the worker's KV cache after its last step. */
    long cachedTokens() {
        return cachedTokens;
    }

    /** Returns the requests that waited for memory of the KV cache after its last step. */
    int waiting() {
        return waiting;
    }

    /** Returns how often this worker's process has paused a request. */
    long pauses() {
        return pauses;
    }

    DraftTokens drafts() {
        return drafts;
    }

    /**
     * Returns the most threads that computed a step since the last call, or those of the last step if there was none
     * and the worker is still busy. Called on the supervisor's thread.
     */
    int takeMostThreads() {
        int most = mostThreads.getAndSet(0);
        return busySlots() > 0 ? Math.max(most, lastThreads) : most;
    }

    /** Returns what this worker's process has decoded. */
    Decoded decoded() {
        return decoded;
    }

    /** Returns the requests that can move to another worker, the cheapest first. */
    List<Lease> movable() {
        return leases.movable();
    }

    /** Returns whether the worker computes a long prompt, which delays the streams beside it. */
    boolean prefillsLongPrompt() {
        return leases.prefillsLongPrompt();
    }

    /** Returns whether a request is about to move to another worker. */
    boolean moving() {
        return leases.moving();
    }

    /** Lets the worker use this many threads. Called on the supervisor's thread. */
    void allow(int number) {
        // a worker that does not read is noticed by others
        if (number != allowed && ready != null && outbox.offer(EngineFrames.cores(number))) {
            allowed = number;
        }
    }

    /** Returns the tokens that this worker's process has generated. */
    long generatedTokens() {
        return generatedTokens;
    }

    int freeSlots() {
        return leases.freeSlots();
    }

    int busySlots() {
        return leases.busySlots();
    }

    /** Claims a slot, or returns null if none is free. */
    Lease lease() {
        return leases.lease();
    }

    /** Claims a slot and keeps all others free, or returns null if any slot is taken. */
    Lease leaseAlone() {
        return leases.leaseAlone();
    }

    /** Asks the worker about its vocabulary, or returns empty if it may not be asked now. */
    <A> Optional<CompletionStage<A>> ask(VocabularyQuestion<A> question) {
        return mayAsk() ? inquiries.ask(question) : Optional.empty();
    }

    /** A worker that tries a request alone gets no questions, or they could not be told apart if it is lost. */
    boolean mayAsk() {
        return ready != null && !leases.leasedAlone() && inquiries.mayAsk();
    }

    /** Starts the writing thread, and reads in the calling thread until the connection ends. */
    void run() {
        try {
            // a virtual thread would make the channel non-blocking, and each read would take three system calls
            EngineThreads.daemon("quern-outbox-" + workerId).start(this::write);
            for (WorkerFrame frame = connection.receive(); frame != null; frame = connection.receive()) {
                handle(frame);
            }
            end("it closed its connection", true);
        } catch (IOException e) {
            end("its connection broke: " + e.getMessage(), !(e instanceof WireException));
        } catch (RuntimeException | LinkageError e) {
            LOG.workerId(workerId).errorf(e, "cannot handle a frame from the worker");
            close("the engine cannot handle one of its frames: " + e);
        } catch (Error e) {
            // the writing thread may not run, and then nobody else reports this
            lossCauses.writerEnded();
            close("an error in the engine ended its connection: " + e);
            throw e;
        }
    }

    private void write() {
        try {
            outbox.run(this::writes, lossCauses::written);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            // after any failure nothing more is written, so no request may wait for an answer
            end("the engine cannot write to it: " + e.getMessage(), e instanceof IOException);
        } catch (Error e) {
            close("the engine cannot write to it: " + e);
            throw e;
        } finally {
            lossCauses.writerEnded();
        }
    }

    private void writes(EngineFrame frame) {
        if (frame.hasGenerate()) {
            leases.writes(frame.getGenerate());
        } else {
            lossCauses.writes(
                    frame.hasQuestion() ? inquiries.arrival(frame.getQuestion().getNumber()) : null);
            leases.writesOther(frame);
        }
    }

    private void handle(WorkerFrame frame) throws IOException {
        long now = clock.nanos();
        lastFrame = now;
        if (frame.hasStep()) {
            pulse.stepped(now, frame.getStep().getMicros());
        } else {
            pulse.heard(now);
        }
        switch (frame.getFrameCase()) {
            case STEP -> {
                cachedTokens = frame.getStep().getCachedTokens();
                waiting = frame.getStep().getWaiting();
                pauses = frame.getStep().getPauses();
                drafts = new DraftTokens(
                        frame.getStep().getDraftTokens(), frame.getStep().getAcceptedDraftTokens());
                lastThreads = frame.getStep().getThreads();
                mostThreads.accumulateAndGet(lastThreads, Math::max);
                count(frame.getStep());
                leases.step(frame.getStep());
            }
            case ACCEPTED -> leases.accepted(frame.getAccepted());
            case REJECTED -> leases.rejected(frame.getRejected());
            case PROGRESS -> events.progress(frame.getProgress());
            case READY -> isReady(frame.getReady());
            case PONG -> {}
            case ANSWER -> {
                if (inquiries.answered(frame.getAnswer())) {
                    events.capacity();
                }
            }
            case PREFIX_SOUGHT -> leases.sought(frame.getPrefixSought());
            case PREFIX_COMPUTED -> leases.computed(frame.getPrefixComputed());
            case KEEPS -> leases.keeps(frame.getKeeps().getPath());
            case FATAL -> events.fatal(frame.getFatal());
            case HELLO, FRAME_NOT_SET ->
                throw new WireException("it sent an unexpected frame: " + frame.getFrameCase());
        }
    }

    private void count(Step step) {
        long tokens = 0;
        for (int i = 0; i < step.getDeltasCount(); i++) {
            tokens += step.getDeltas(i).getTokensCount();
        }
        generatedTokens += tokens;
        if (step.getPrefilled() == 0) {
            decoded = new Decoded(decoded.tokens() + tokens, decoded.micros() + step.getMicros());
        }
    }

    private void isReady(Ready worker) {
        ready = worker;
        leases.open(worker);
        if (worker.getDevice().startsWith(PROCESSOR)) {
            // it made a step before it was ready; a GPU may have more to compile
            pulse.warm();
        }
        events.ready(worker);
    }

    /**
     * Checks whether the worker responds, and pings a worker without requests from time to time.
     *
     * @param late whether this check comes far too late: then the engine itself was stopped and has not read what the
     *     worker sent
     * @return why the worker is considered stuck, or empty if it is not
     */
    Optional<EndCause.Stuck> stuck(boolean late) {
        long now = clock.nanos();
        if (late) {
            pulse.heard(now);
            inquiries.startAgain();
        }
        Duration unanswered = inquiries.silentFor();
        if (unanswered.compareTo(questionTimeout) > 0) {
            return Optional.of(new EndCause.Stuck("it has not answered a question about its vocabulary for "
                    + unanswered.toMillis() / 1000.0 + " s"));
        }
        Duration stuck = pulse.stuckFor(now);
        if (!stuck.isZero()) {
            String how = pulse.busy()
                    ? "it has requests but has made no progress for "
                    : "it is idle and has not answered a ping for ";
            return Optional.of(new EndCause.Stuck(how + stuck.toMillis() / 1000.0 + " s"));
        }
        if (pulse.asks(now)) {
            outbox.offer(EngineFrames.ping());
        }
        return Optional.empty();
    }

    /** Returns whether the worker sent a frame within this time. */
    boolean heardWithin(long nanos) {
        return clock.nanos() - lastFrame < nanos;
    }

    /** Fails the running requests and asks the worker to end. */
    void stop() {
        GenerationError error =
                new GenerationError.ShuttingDown("The service is shutting down. Send the request again later.");
        leases.failAll(error);
        inquiries.fail(error);
        outbox.offer(EngineFrames.stop());
    }

    /**
     * Fails the running requests and parks the worker for the next application, to which it connects with this token.
     */
    void park(String token) {
        GenerationError error = new GenerationError.Reloaded(
                "The application was reloaded (development mode), which ended this request. Send it again.");
        leases.failAll(error);
        inquiries.fail(error);
        outbox.offer(EngineFrames.park(token));
    }

    /** Makes the worker misbehave. Returns false if nothing can be sent to it. */
    boolean inject(Fault fault) {
        return outbox.offer(EngineFrames.fault(fault));
    }

    /** Gives up the connection; every lease on it is lost. */
    void close(String cause) {
        end(cause, false);
    }

    /** Closes the connection because the process is gone and nothing more can arrive. */
    void processGone(String cause) {
        end(cause, true);
    }

    /** Returns whether it was the engine that gave up the connection. */
    boolean givenUp() {
        EndCause.ConnectionEnded end = ended.get();
        return end != null && !end.peerGone();
    }

    /**
     * Reports how the worker's process ended, for the leases that were or will be lost.
     *
     * @param cause what the end of the process shows
     */
    void processEnded(LossCause cause) {
        lossCauses.processEnded(cause);
    }

    /** @param peerGone whether the worker's end closed first */
    private void end(String cause, boolean peerGone) {
        EndCause.ConnectionEnded end = new EndCause.ConnectionEnded(cause, peerGone);
        if (!ended.compareAndSet(null, end)) {
            return;
        }
        boolean alone = leases.busySlots() == 0;
        leases.close();
        outbox.close();
        try {
            connection.close();
        } catch (IOException e) {
            LOG.workerId(workerId).debugf("cannot close its connection: %s", e.getMessage());
        }
        leases.loseAll(cause);
        inquiries.close(cause, alone);
        events.ended(end);
    }
}
