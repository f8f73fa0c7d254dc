package io.quern.worker;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.quern.TestSettings;
import io.quern.llama.TestNatives;
import io.quern.socket.FrameConnection;
import io.quern.wire.Cancel;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fault;
import io.quern.wire.Generate;
import io.quern.wire.Hello;
import io.quern.wire.Leave;
import io.quern.wire.Park;
import io.quern.wire.Ping;
import io.quern.wire.Protocol;
import io.quern.wire.Ready;
import io.quern.wire.Step;
import io.quern.wire.Stop;
import io.quern.wire.VocabularyAnswer;
import io.quern.wire.VocabularyQuestion;
import io.quern.wire.WorkerFrame;
import io.quern.wire.WorkerSettings;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Runs the real worker as a child process; the test plays the engine's side of the connection. */
final class WorkerProcess implements AutoCloseable {
    static final String TOKEN = "one-time-token";

    private static final int PATIENCE_SECONDS = 60;

    final Process process;
    final CompletableFuture<Hello> hello = new CompletableFuture<>();
    final CompletableFuture<Ready> ready = new CompletableFuture<>();
    final CompletableFuture<String> keeps = new CompletableFuture<>();
    final CompletableFuture<String> fatal = new CompletableFuture<>();
    final List<String> phases = new CopyOnWriteArrayList<>();
    final AtomicInteger pongs = new AtomicInteger();
    final BlockingQueue<VocabularyAnswer> vocabulary = new LinkedBlockingQueue<>();
    final List<Step> steps = new CopyOnWriteArrayList<>();
    private final Path folder;
    private final FrameConnection<WorkerFrame, EngineFrame> connection;
    private final Map<Long, Answer> answers = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong();

    /** Requests on an earlier connection, for which a last step may still arrive. */
    private volatile long earlier;

    /** Answers about prefixes, or null if the worker must not ask. */
    private volatile HeldPrefixes prefixes;

    private WorkerProcess(Path folder, Process process, FrameConnection<WorkerFrame, EngineFrame> connection) {
        this.folder = folder;
        this.process = process;
        this.connection = connection;
    }

    /** Settings of a worker that serves a model with the libraries under test. */
    static WorkerSettings.Builder settings(Path model, int slots) {
        return TestSettings.of(model, TestNatives.folder(), slots);
    }

    /** @param contextLength tokens per slot */
    static WorkerSettings.Builder settings(Path model, int slots, int contextLength) {
        return TestSettings.of(model, TestNatives.folder(), slots, contextLength);
    }

    /** Starts a worker, waits for its Hello and sends its settings. Does not wait until it is ready. */
    static WorkerProcess start(WorkerSettings.Builder settings, String... more) throws Exception {
        Path folder = Files.createTempDirectory("quern-worker");
        Path socket = folder.resolve("s");
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket));
            List<String> command = command();
            command.add("--socket=" + socket);
            command.add("--model=" + settings.getModel());
            command.add("--parent=" + ProcessHandle.current().pid());
            for (String argument : more) {
                // the JVM's options precede the class
                command.add(argument.startsWith("-X") ? 1 : command.size(), argument);
            }
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
            try (var stdin = process.outputWriter()) {
                stdin.write(TOKEN + "\n");
            }
            var worker = new WorkerProcess(
                    folder,
                    process,
                    new FrameConnection<>(listener.accept(), WorkerFrame.parser(), Protocol.DEFAULT_MAX_FRAME_BYTES));
            Thread.ofPlatform().daemon().start(worker::receive);
            worker.hello.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            worker.send(EngineFrame.newBuilder().setSettings(settings));
            return worker;
        }
    }

    /** Starts a worker that shares states of prefixes, and waits until it can. */
    static WorkerProcess startReady(WorkerSettings.Builder settings, HeldPrefixes prefixes) throws Exception {
        WorkerProcess worker = startReady(settings);
        worker.prefixes = prefixes;
        worker.keeps.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return worker;
    }

    static WorkerProcess startReady(WorkerSettings.Builder settings, String... more) throws Exception {
        WorkerProcess worker = start(settings, more);
        try {
            worker.ready.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            String log = worker.log();
            worker.close();
            throw new AssertionError("the worker is not ready; it wrote: " + log, e);
        }
        return worker;
    }

    /**
     * Returns the java command without the worker's arguments. As in production, its class path has only Quern and
     * protobuf.
     */
    static List<String> command() {
        return new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-cp",
                location(WorkerMain.class) + System.getProperty("path.separator") + location(MessageLite.class),
                WorkerMain.class.getName()));
    }

    private static Path location(Class<?> type) {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath());
    }

    Answer generate(Generate.Builder request) throws IOException {
        Answer answer = new Answer(ids.incrementAndGet());
        answers.put(answer.id, answer);
        send(EngineFrame.newBuilder().setGenerate(request.setRequest(answer.id)));
        return answer;
    }

    /** Returns the parts of the answer as one. */
    VocabularyAnswer ask(VocabularyQuestion.Builder question) throws Exception {
        send(EngineFrame.newBuilder().setQuestion(question.setNumber(ids.incrementAndGet())));
        VocabularyAnswer.Builder answer = VocabularyAnswer.newBuilder().setMore(true);
        while (answer.getMore()) {
            VocabularyAnswer part = vocabulary.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (part == null || part.getNumber() != question.getNumber()) {
                throw new AssertionError("not the answer to question " + question.getNumber() + ": " + part);
            }
            ByteString text = answer.getText().concat(part.getText());
            answer.mergeFrom(part).setText(text).setMore(part.getMore());
        }
        return answer.build();
    }

    void cancel(Answer answer) throws IOException {
        send(EngineFrame.newBuilder().setCancel(Cancel.newBuilder().setRequest(answer.id)));
    }

    /** Asks the worker to let a request go with a state of at most so many bytes. */
    void leave(Answer answer, long bytes) throws IOException {
        send(EngineFrame.newBuilder()
                .setLeave(Leave.newBuilder().setRequest(answer.id).setBytes(bytes)));
    }

    /** Cancels all requests and returns when none runs any more, so that none affects later counts. */
    void cancelAll() throws Exception {
        for (Answer answer : answers.values()) {
            cancel(answer);
        }
        // by the step in which this one begins, the cancelled requests have ended
        generate(Prompts.ask("Hi!", 1)).awaitFinish();
    }

    /** Holds the worker after some more steps with tokens. The worker must accept faults. */
    void hold(int steps) throws IOException {
        fault(Fault.newBuilder().setKind(Fault.Kind.HOLD).setSteps(steps));
    }

    /** Ends {@link #hold}. */
    void release() throws IOException {
        fault(Fault.newBuilder());
    }

    private void fault(Fault.Builder fault) throws IOException {
        send(EngineFrame.newBuilder().setFault(fault));
    }

    void stop() throws IOException {
        send(EngineFrame.newBuilder().setStop(Stop.getDefaultInstance()));
    }

    /** Parks the worker and reconnects as the next engine: the same process on another connection. */
    WorkerProcess park(String token) throws IOException {
        Path socket = folder.resolve("s");
        Files.delete(socket);
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket));
            send(EngineFrame.newBuilder().setPark(Park.newBuilder().setToken(token)));
            var next = new WorkerProcess(
                    folder,
                    process,
                    new FrameConnection<>(listener.accept(), WorkerFrame.parser(), Protocol.DEFAULT_MAX_FRAME_BYTES));
            // request ids continue, as an engine's do
            next.earlier = ids.get();
            next.ids.set(next.earlier);
            Thread.ofPlatform().daemon().start(next::receive);
            return next;
        }
    }

    void send(EngineFrame.Builder frame) throws IOException {
        connection.send(frame.build());
    }

    void disconnect() throws IOException {
        connection.close();
    }

    int awaitExit() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("the worker did not end");
        }
        return process.exitValue();
    }

    String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    void ping() throws IOException {
        connection.send(
                EngineFrame.newBuilder().setPing(Ping.getDefaultInstance()).build());
    }

    private void receive() {
        try {
            for (WorkerFrame frame = connection.receive(); frame != null; frame = connection.receive()) {
                take(frame);
            }
        } catch (IOException e) {
            // the test closed the connection or the process was killed; tests check the frames received until then
        } finally {
            var gone = new IOException("the connection to the worker has ended");
            answers.values().forEach(answer -> answer.lost(gone));
            hello.completeExceptionally(gone);
            ready.completeExceptionally(gone);
            keeps.completeExceptionally(gone);
            fatal.completeExceptionally(gone);
        }
    }

    private void take(WorkerFrame frame) {
        switch (frame.getFrameCase()) {
            case HELLO -> hello.complete(frame.getHello());
            case PROGRESS -> phases.add(frame.getProgress().getPhase());
            case READY -> ready.complete(frame.getReady());
            case ACCEPTED ->
                answers.get(frame.getAccepted().getRequest())
                        .promptTokens
                        .complete(frame.getAccepted().getPromptTokens());
            case REJECTED ->
                answers.get(frame.getRejected().getRequest()).rejected.complete(frame.getRejected());
            case STEP -> {
                steps.add(frame.getStep());
                frame.getStep().getDeltasList().stream()
                        .filter(delta -> delta.getRequest() > earlier)
                        .forEach(delta -> answers.get(delta.getRequest()).add(delta));
            }
            case KEEPS -> keeps.complete(frame.getKeeps().getPath());
            case FATAL -> fatal.complete(frame.getFatal().getMessage());
            case ANSWER -> vocabulary.add(frame.getAnswer());
            case PREFIX_SOUGHT, PREFIX_COMPUTED -> prefixes.take(this, frame);
            case PONG -> pongs.incrementAndGet();
            case FRAME_NOT_SET -> throw new AssertionError("an empty frame");
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        connection.close();
        Files.deleteIfExists(folder.resolve("s"));
        Files.deleteIfExists(folder.resolve("log"));
        Files.deleteIfExists(folder);
    }
}
