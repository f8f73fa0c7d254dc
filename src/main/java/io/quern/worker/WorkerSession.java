package io.quern.worker;

import io.quern.llama.LlamaDevice;
import io.quern.llama.LlamaException;
import io.quern.llama.LlamaLibrary;
import io.quern.llama.LlamaModel;
import io.quern.llama.LogLevel;
import io.quern.socket.FrameConnection;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fatal;
import io.quern.wire.Guards;
import io.quern.wire.Hello;
import io.quern.wire.Protocol;
import io.quern.wire.Ready;
import io.quern.wire.Rejected;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.util.Comparator;
import java.util.function.Supplier;

/**
 * A worker's whole life on one connection: hello, load, ready, steps, stop. What concerns a process is not here, so it runs in
 * a thread of the engine just as well.
 *
 * <p>Three threads: the caller's loads and steps, one receives, one takes requests in.
 */
public final class WorkerSession {
    private final EngineLine engine;
    private final SessionOptions options;
    private final String token;
    private final WorkerLog log;
    private final Runnable whenLost;
    private final Supplier<Guards> guards;
    private final Inbox inbox = new Inbox();
    private final InjectedFaults faults;
    private final Requests requests;
    private volatile boolean lost;
    private volatile boolean broken;
    private volatile Intake intake;
    private Thread receiver;

    /**
     * @param engine the connection; to be closed when the session has ended, which ends the thread that receives
     * @param token tells the engine that this is the worker it started
     * @param log gets lines from any thread
     * @param whenLost called at once, by the thread that receives, when the connection ends without a Stop: a process ends
     *     itself here, as the session may be in the middle of a long call
     */
    public WorkerSession(
            FrameConnection<EngineFrame, WorkerFrame> engine,
            SessionOptions options,
            String token,
            WorkerLog log,
            Runnable whenLost) {
        this(
                new EngineLine(engine, () -> {
                    throw new IOException("there is no other connection to this engine");
                }),
                options,
                token,
                log,
                whenLost,
                Guards::getDefaultInstance);
    }

    /**
     * The same, for a process, which can connect once more.
     *
     * @param guards what ties this process to its parent; looked at when the session is ready
     */
    WorkerSession(
            EngineLine engine,
            SessionOptions options,
            String token,
            WorkerLog log,
            Runnable whenLost,
            Supplier<Guards> guards) {
        this.engine = engine;
        this.options = options;
        this.token = token;
        this.log = log;
        this.whenLost = whenLost;
        this.guards = guards;
        this.requests = new Requests(options.slots());
        this.faults = new InjectedFaults(engine::send, inbox::stopped);
    }

    /** Runs on the calling thread until the session ends. Once only. */
    public SessionEnd run() throws InterruptedException {
        receiver = Thread.ofPlatform().name("worker-receive").daemon().start(() -> guarded(this::receive));
        try {
            send(hello(token));
            serve();
        } catch (LlamaException | OutOfMemoryError e) {
            if (!inbox.stopped()) {
                fail(e.getMessage(), unusable(e) ? Fatal.Cause.UNUSABLE : Fatal.Cause.CAUSE_UNSPECIFIED);
                return SessionEnd.FAILED;
            }
            // told to stop in the middle of loading: that is why it failed
        } catch (RuntimeException e) {
            fail("internal error: " + e);
            throw e;
        } catch (IOException e) {
            lost = true;
        } finally {
            inbox.stop();
        }
        if (broken) {
            return SessionEnd.FAILED;
        }
        return lost ? SessionEnd.LOST : SessionEnd.STOPPED;
    }

    /** A worker that lives on without one of its threads would leave requests waiting for ever. */
    private void guarded(Runnable thread) {
        try {
            thread.run();
        } catch (RuntimeException | Error e) {
            broken = true;
            fail("internal error: " + e);
            inbox.stop();
        }
    }

    private void serve() throws IOException, InterruptedException {
        LlamaLibrary library =
                LlamaLibrary.load(options.llama(), options.preloaded().libraries(), log.least(), log::llama);
        var progress = new LoadProgress(this::send, inbox::stopped);
        try (LlamaModel model = load(library, progress)) {
            int contextLength = options.contextLength(model.trainingContext());
            progress.phase("context");
            try (Decoding decoding = new Decoding(
                    model,
                    options.slots(),
                    contextLength,
                    options.threads(),
                    options.flashAttention(),
                    options.preloaded())) {
                progress.phase("warm-up");
                var pace = new PrefillPace(decoding.maxChunk(), decoding.warmUp());
                var keeper =
                        new StateKeeper(options.slots(), contextLength, options.stateBytes(), options.stateShare());
                var loop = new StepLoop(
                        decoding,
                        pace,
                        new Slots(options.slots()),
                        new PrefixCache(options.slots()),
                        requests,
                        inbox,
                        faults,
                        keeper,
                        options.stepMillis());
                intake = new Intake(model, contextLength, requests, engine::send, inbox, keeper);
                Thread taker =
                        Thread.ofPlatform().name("worker-intake").daemon().start(() -> guarded(intake));
                try {
                    send(WorkerFrame.newBuilder().setReady(ready(library, model, contextLength)));
                    library.takeLog();
                    loop.run();
                } finally {
                    // it uses the model, so it must be gone before the model is
                    taker.interrupt();
                    taker.join();
                    inbox.take().forEach(Sequence::close);
                }
            }
        }
    }

    private LlamaModel load(LlamaLibrary library, LoadProgress progress) {
        long address = options.preloaded().model();
        return address == 0
                ? LlamaModel.load(library, options.model(), options.mapped(), progress::loaded)
                : LlamaModel.takeOver(library, address);
    }

    private void receive() {
        try {
            EngineFrame frame = engine.receive();
            while (frame != null) {
                switch (frame.getFrameCase()) {
                    case GENERATE -> generate(frame);
                    case CANCEL -> requests.cancel(frame.getCancel().getRequest());
                    case FAULT -> misbehave(frame);
                    case STOP -> {
                        inbox.stop();
                        return;
                    }
                    case PARK -> park(frame.getPark().getToken());
                    case PING -> inbox.ask();
                    case FRAME_NOT_SET -> throw new IOException("a frame of a kind this worker does not know");
                }
                frame = engine.receive();
            }
        } catch (IOException e) {
            if (!inbox.stopped()) {
                log.worker(LogLevel.WARN, "the connection to the engine failed: " + e.getMessage());
            }
        }
        if (!inbox.stopped()) {
            lost = true;
            whenLost.run();
            inbox.stop();
        }
    }

    private void generate(EngineFrame frame) throws IOException {
        Intake taker = intake;
        if (taker != null) {
            taker.submit(frame.getGenerate());
        } else {
            send(WorkerFrame.newBuilder()
                    .setRejected(Rejected.newBuilder()
                            .setRequest(frame.getGenerate().getRequest())
                            .setReason(Rejected.Reason.INTERNAL)
                            .setMessage("the worker is not ready yet")));
        }
    }

    /** The engine's application ends and another one follows, to which this worker is as new, but for the model that it has loaded. */
    private void park(String newToken) throws IOException {
        requests.cancelAll();
        // the application that comes knows nothing of a hold, and could not end it
        faults.release();
        engine.redial(hello(newToken).build());
    }

    private void misbehave(EngineFrame frame) throws IOException {
        if (!options.faults()) {
            throw new IOException("a fault to inject, which this worker was not started for");
        }
        faults.inject(frame.getFault());
    }

    /** Whether a worker that is started again would fail like this one. */
    private static boolean unusable(Throwable e) {
        return e instanceof LlamaException failure
                && (failure.kind() == LlamaException.Kind.MODEL || failure.kind() == LlamaException.Kind.VERSION);
    }

    private void fail(String message) {
        fail(message, Fatal.Cause.CAUSE_UNSPECIFIED);
    }

    private void fail(String message, Fatal.Cause cause) {
        try {
            send(WorkerFrame.newBuilder()
                    .setFatal(Fatal.newBuilder()
                            .setMessage(String.valueOf(message))
                            .setCause(cause)));
        } catch (IOException e) {
            log.worker(LogLevel.ERROR, message + " (the engine is gone and cannot be told)");
        }
    }

    private void send(WorkerFrame.Builder frame) throws IOException {
        engine.send(frame.build());
    }

    private WorkerFrame.Builder hello(String withToken) {
        return WorkerFrame.newBuilder()
                .setHello(Hello.newBuilder()
                        .setProtocolVersion(Protocol.VERSION)
                        .setWorker(options.worker())
                        .setToken(withToken)
                        .setPid(ProcessHandle.current().pid()));
    }

    private Ready ready(LlamaLibrary library, LlamaModel model, int contextLength) {
        return Ready.newBuilder()
                .setSlots(options.slots())
                .setContextLength(contextLength)
                .setDevice(device(library))
                .setLlamaVersion(library.version())
                .setThreads(options.threads())
                .setModelDescription(model.description())
                .setModelBytes(model.bytes())
                .setGuards(guards.get().toBuilder().setEndsWithStream(receiver.isAlive()))
                .build();
    }

    private String device(LlamaLibrary library) {
        if (!options.preloaded().device().isEmpty()) {
            return options.preloaded().device();
        }
        // llama.cpp computes on all GPUs it sees, and on the CPU where there is none
        return library.devices().stream()
                .min(Comparator.comparing(d -> d.type() == LlamaDevice.Type.CPU))
                .map(d -> d.name() + " (" + d.description().strip() + ")")
                .orElse("");
    }
}
