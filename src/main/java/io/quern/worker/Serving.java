package io.quern.worker;

import io.quern.llama.LlamaDevice;
import io.quern.llama.LlamaException;
import io.quern.llama.LlamaLibrary;
import io.quern.llama.LlamaModel;
import io.quern.llama.LogLevel;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fatal;
import io.quern.wire.Ready;
import io.quern.wire.Rejected;
import io.quern.wire.VocabularyAnswer;
import io.quern.wire.VocabularyQuestion;
import io.quern.wire.WorkerFrame;
import io.quern.wire.WorkerSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;

/**
 * Runs a worker after it has its settings: it loads, reports ready, steps and stops.
 *
 * <p>It has four threads: the caller's loads and steps, one receives, one admits requests, and one answers questions
 * about the vocabulary.
 */
final class Serving {
    private static final int DEFAULT_CONTEXT_LIMIT = 4096;

    /** Bytes. llama.cpp reads grammars recursively. The engine limits their depth; this leaves much room. */
    private static final long INTAKE_STACK = 8 << 20;

    private final EngineLine engine;
    private final int worker;
    private final WorkerSettings settings;
    private final WorkerLog log;
    private final SessionHost host;
    private final Inbox inbox = new Inbox();
    private final InjectedFaults faults;
    private final Requests requests;
    private volatile boolean lost;
    private volatile boolean broken;
    private volatile Intake intake;
    private volatile VocabularyDesk desk;
    private Thread receiver;

    /**
     * @param worker its id in the engine's pool
     * @param settings checked settings
     */
    Serving(EngineLine engine, int worker, WorkerSettings settings, WorkerLog log, SessionHost host) {
        this.engine = engine;
        this.worker = worker;
        this.settings = settings;
        this.log = log;
        this.host = host;
        this.requests = new Requests(settings.getSequences().getSlots());
        this.faults = new InjectedFaults(engine::send, inbox::stopped);
    }

    /** Runs on the calling thread until the session ends. Call it only once. */
    SessionEnd run() throws InterruptedException {
        receiver = Thread.ofPlatform().name("worker-receive").daemon().start(() -> guarded(this::receive));
        try {
            serve();
        } catch (LlamaException | OutOfMemoryError e) {
            if (!inbox.stopped()) {
                Fatal.Cause cause = unusable(e) ? Fatal.Cause.UNUSABLE : Fatal.Cause.CAUSE_UNSPECIFIED;
                engine.sendFatal(e.getMessage(), cause, log);
                return SessionEnd.FAILED;
            }
            // loading failed because the engine stopped the worker
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

    /** Ends the worker if one of its threads fails; otherwise requests would wait forever. */
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
                LlamaLibrary.load(Path.of(settings.getLibraries()), settings.hasPreloaded(), log.least(), log::llama);
        var progress = new LoadProgress(this::send, inbox::stopped);
        try (LlamaModel model = load(library, progress)) {
            int contextLength = contextLength(model);
            progress.phase("context");
            try (Decoding decoding = new Decoding(model, settings, contextLength)) {
                progress.phase("warm-up");
                var pace = new PrefillPace(decoding.maxChunk(), decoding.warmUp());
                SlotRoom room = SlotRoom.of(settings, decoding);
                requests.lower(room.slots());
                var keeper = new StateKeeper(settings, contextLength, decoding.cache());
                var loop = new StepLoop(settings, decoding, room, pace, requests, inbox, faults, keeper);
                intake = new Intake(
                        model, contextLength, decoding.reuse().singleRows(), requests, engine::send, inbox, keeper);
                desk = new VocabularyDesk(model.vocabulary(), engine::send);
                Thread taker = Thread.ofPlatform()
                        .name("worker-intake")
                        .stackSize(INTAKE_STACK)
                        .daemon()
                        .start(() -> guarded(intake));
                Thread clerk =
                        Thread.ofPlatform().name("worker-vocabulary").daemon().start(() -> guarded(desk));
                try {
                    send(WorkerFrame.newBuilder().setReady(ready(library, model, room, contextLength)));
                    library.takeLog();
                    loop.run();
                } finally {
                    // they use the model, so they must end before the model is freed
                    taker.interrupt();
                    clerk.interrupt();
                    taker.join();
                    clerk.join();
                    inbox.take().forEach(Sequence::close);
                }
            }
        }
    }

    private LlamaModel load(LlamaLibrary library, LoadProgress progress) {
        if (settings.hasPreloaded()) {
            return LlamaModel.takeOver(library, settings.getPreloaded().getModel());
        }
        // maps the file, whose pages all processes share, unless its memory must be on one node
        boolean mapped = !settings.getComputation().hasNumaNode();
        return LlamaModel.load(library, Path.of(settings.getModel()), mapped, progress::loaded);
    }

    private int contextLength(LlamaModel model) {
        WorkerSettings.Sequences sequences = settings.getSequences();
        return sequences.hasContextLength()
                ? sequences.getContextLength()
                : Math.min(model.trainingContext(), DEFAULT_CONTEXT_LIMIT);
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
                    case PARK -> {
                        inbox.answer(frame);
                        park(frame.getPark().getToken());
                    }
                    case PING -> inbox.ask();
                    case LEAVE ->
                        requests.leave(
                                frame.getLeave().getRequest(), frame.getLeave().getBytes());
                    case CORES -> inbox.allow(frame.getCores().getThreads());
                    case QUESTION -> ask(frame.getQuestion());
                    case PREFIX_FOUND, PREFIX_TAKEN -> inbox.answer(frame);
                    case SETTINGS -> throw new IOException("the engine sent settings a second time");
                    case FRAME_NOT_SET -> throw new IOException("the engine sent a frame of an unknown kind");
                }
                frame = engine.receive();
            }
        } catch (IOException e) {
            if (!inbox.stopped()) {
                log.worker(LogLevel.WARN, "The connection to the engine failed: " + e.getMessage());
            }
        }
        if (!inbox.stopped()) {
            lost = true;
            host.lost();
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

    private void ask(VocabularyQuestion question) throws IOException {
        VocabularyDesk clerk = desk;
        if (clerk != null) {
            clerk.submit(question);
        } else {
            send(WorkerFrame.newBuilder()
                    .setAnswer(VocabularyAnswer.newBuilder()
                            .setNumber(question.getNumber())
                            .setRefusal("the worker is not ready yet")));
        }
    }

    /** Prepares for the next application in the engine's JVM: keeps only model and settings. */
    private void park(String newToken) throws IOException {
        requests.cancelAll();
        // the next application does not know of a hold and could not end it
        faults.release();
        engine.redial(WorkerSession.hello(worker, newToken));
    }

    private void misbehave(EngineFrame frame) throws IOException {
        if (!settings.getFaults()) {
            throw new IOException("the engine sent a fault to inject, but this worker does not accept faults");
        }
        faults.inject(frame.getFault());
    }

    /** Returns whether a restarted worker would fail in the same way. */
    private static boolean unusable(Throwable e) {
        return e instanceof LlamaException failure
                && (failure.kind() == LlamaException.Kind.MODEL || failure.kind() == LlamaException.Kind.VERSION);
    }

    private void fail(String message) {
        engine.sendFatal(message, Fatal.Cause.CAUSE_UNSPECIFIED, log);
    }

    private void send(WorkerFrame.Builder frame) throws IOException {
        engine.send(frame.build());
    }

    private Ready ready(LlamaLibrary library, LlamaModel model, SlotRoom room, int contextLength) {
        return Ready.newBuilder()
                .setSlots(room.slots())
                .setContextLength(contextLength)
                .setCacheTokens(room.tokens(contextLength))
                .setDevice(device(library))
                .setLlamaVersion(library.version())
                .setThreads(settings.getComputation().getThreads())
                .setModelDescription(model.description())
                .setModelBytes(model.bytes())
                .setGuards(host.guards().toBuilder().setEndsWithStream(receiver.isAlive()))
                .build();
    }

    private String device(LlamaLibrary library) {
        String preloaded = settings.getPreloaded().getDevice();
        if (!preloaded.isEmpty()) {
            return preloaded;
        }
        // llama.cpp uses all visible GPUs, or the CPU if there is none
        return library.devices().stream()
                .min(Comparator.comparing(d -> d.type() == LlamaDevice.Type.CPU))
                .map(d -> d.name() + " (" + d.description().strip() + ")")
                .orElse("");
    }
}
