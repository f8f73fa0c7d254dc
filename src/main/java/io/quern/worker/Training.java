package io.quern.worker;

import io.quern.llama.LlamaException;
import io.quern.llama.LlamaLibrary;
import io.quern.llama.LogLevel;
import io.quern.socket.FrameConnection;
import io.quern.wire.EngineFrame;
import io.quern.wire.Generate;
import io.quern.wire.Grammar;
import io.quern.wire.Protocol;
import io.quern.wire.Sampling;
import io.quern.wire.SettingsCheck;
import io.quern.wire.Step;
import io.quern.wire.Stop;
import io.quern.wire.WorkerFrame;
import io.quern.wire.WorkerSettings;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Runs everything that a worker does once, against an engine in the same process, so that the JVM can record an AOT
 * cache. Without a model it stops after loading the native libraries.
 */
final class Training {
    private static final int ANSWER_TOKENS = 24;

    /** The numbers of the two requests. */
    private static final long PLAIN = 1;

    private static final long UNDER_RULES = 2;

    /** A small amount of memory for state copies. */
    private static final long STATE_BYTES = 16L << 20;

    /** How long the engine may need for the frames that came before the worker's end. */
    private static final Duration LAST_FRAMES = Duration.ofSeconds(10);

    private Training() {}

    static int run(WorkerArguments.Train train, WorkerLog log) throws IOException, InterruptedException {
        // loads the classes of real connections, and those only of forked workers
        SocketChannel.open(StandardProtocolFamily.UNIX).close();
        DescriptorChannel.standardInput();
        SettingsCheck.problem(WorkerSettings.parseFrom(forked().toByteArray()));
        Seal.link();
        if (train.model().isEmpty()) {
            return load(train.libraries(), log);
        }
        WorkerSettings settings = settings(train.libraries(), train.model().get());
        LoopbackChannel.Ends ends = LoopbackChannel.open();
        try (var engine = new FrameConnection<WorkerFrame, EngineFrame>(
                ends.engine(), WorkerFrame.parser(), Protocol.DEFAULT_MAX_FRAME_BYTES)) {
            Thread player = Thread.ofPlatform().name("engine").daemon().start(() -> play(engine, settings, log));
            int code = serve(ends.worker(), log);
            // the process must not end before it has logged why the worker failed
            player.join(LAST_FRAMES);
            return code;
        }
    }

    private static int serve(ByteChannel channel, WorkerLog log) throws IOException, InterruptedException {
        try (var worker = new FrameConnection<EngineFrame, WorkerFrame>(
                channel, EngineFrame.parser(), Protocol.DEFAULT_MAX_FRAME_BYTES)) {
            return WorkerMain.exitCode(
                    new WorkerSession(new EngineLine(worker), 0, "training", log, SessionHost.THREAD).run());
        }
    }

    private static int load(Path libraries, WorkerLog log) {
        try {
            log.worker(
                    LogLevel.INFO,
                    "version "
                            + LlamaLibrary.load(libraries, false, log.least(), log::llama)
                                    .version());
            return 0;
        } catch (LlamaException e) {
            log.worker(LogLevel.ERROR, e.getMessage());
            return WorkerMain.EXIT_CANNOT_SERVE;
        }
    }

    /** Uses little memory, since the workers already run. */
    private static WorkerSettings settings(Path libraries, Path model) {
        return WorkerSettings.newBuilder()
                .setModel(model.toString())
                .setLibraries(libraries.toString())
                .setSequences(WorkerSettings.Sequences.newBuilder().setSlots(1).setContextLength(512))
                .setComputation(WorkerSettings.Computation.newBuilder()
                        .setThreads(1)
                        .setFreeRows(true)
                        .setStepMillis(50))
                .setStateCopies(WorkerSettings.StateCopies.newBuilder()
                        .setBytes(STATE_BYTES)
                        .setShare(1))
                .setMaxFrameBytes(Protocol.DEFAULT_MAX_FRAME_BYTES)
                .build();
    }

    private static WorkerSettings forked() {
        return WorkerSettings.newBuilder()
                .setPreloaded(WorkerSettings.Preloaded.newBuilder()
                        .setContext(WorkerSettings.Context.newBuilder().setMicrosPerToken(1)))
                .build();
    }

    private static void play(FrameConnection<WorkerFrame, EngineFrame> engine, WorkerSettings settings, WorkerLog log) {
        try {
            for (WorkerFrame frame = engine.receive(); frame != null; frame = engine.receive()) {
                switch (frame.getFrameCase()) {
                    case HELLO ->
                        engine.send(
                                EngineFrame.newBuilder().setSettings(settings).build());
                    case READY ->
                        engine.send(
                                EngineFrame.newBuilder().setGenerate(request()).build());
                    case STEP -> {
                        if (finished(frame.getStep(), PLAIN)) {
                            engine.send(EngineFrame.newBuilder()
                                    .setGenerate(underRules())
                                    .build());
                        } else if (finished(frame.getStep(), UNDER_RULES)) {
                            stop(engine);
                        }
                    }
                    case REJECTED -> {
                        log.worker(LogLevel.ERROR, frame.getRejected().getMessage());
                        stop(engine);
                    }
                    case FATAL -> log.worker(LogLevel.ERROR, frame.getFatal().getMessage());
                    case PROGRESS, ACCEPTED, KEEPS, PONG, FRAME_NOT_SET -> {}
                }
            }
        } catch (ClosedChannelException e) {
            // the session has ended
        } catch (IOException e) {
            log.worker(LogLevel.WARN, "Training: " + e.getMessage());
        }
    }

    private static void stop(FrameConnection<WorkerFrame, EngineFrame> engine) throws IOException {
        engine.send(EngineFrame.newBuilder().setStop(Stop.getDefaultInstance()).build());
    }

    private static boolean finished(Step step, long request) {
        return step.getDeltasList().stream().anyMatch(delta -> delta.getRequest() == request && delta.hasFinish());
    }

    /** Uses what most requests do not use, with a grammar that any vocabulary can obey. */
    private static Generate underRules() {
        Generate.Builder request = request().toBuilder().setRequest(UNDER_RULES);
        request.getSamplingBuilder()
                .addBadWords("never")
                .setTypicalP(0.9)
                .addLogitBias(Sampling.LogitBias.newBuilder().setToken(1).setBias(1));
        return request.setGrammar(
                        Grammar.newBuilder().setGbnf("root ::= [a-z ]*").setField("grammar"))
                .setLogprobs(1)
                .setPromptLogprobs(1)
                .setMinTokens(1)
                .build();
    }

    private static Generate request() {
        return Generate.newBuilder()
                .setRequest(PLAIN)
                .setPrompt("Once upon a time there was a small machine that")
                .setMaxTokens(ANSWER_TOKENS)
                .addStop("\u0000")
                .setIgnoreEos(true)
                .setSampling(Sampling.newBuilder()
                        .setTemperature(0.8f)
                        .setTopP(0.9f)
                        .setTopK(40)
                        .setMinP(0.05f)
                        .setFrequencyPenalty(0.1f)
                        .setRepetitionPenalty(1.1f)
                        .setSeed(1))
                .build();
    }
}
