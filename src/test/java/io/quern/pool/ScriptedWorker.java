package io.quern.pool;

import com.google.protobuf.ByteString;
import io.quern.socket.FrameConnection;
import io.quern.wire.Accepted;
import io.quern.wire.Delta;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fatal;
import io.quern.wire.Finish;
import io.quern.wire.Generate;
import io.quern.wire.Hello;
import io.quern.wire.Pong;
import io.quern.wire.Progress;
import io.quern.wire.Protocol;
import io.quern.wire.Ready;
import io.quern.wire.Rejected;
import io.quern.wire.Step;
import io.quern.wire.VocabularyAnswer;
import io.quern.wire.VocabularyQuestion;
import io.quern.wire.WorkerFrame;
import io.quern.wire.WorkerSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A real child process that speaks the protocol and follows the script in its model's name, for tests of the pool. It
 * has no model and its tokens mean nothing, but it really crashes, stalls and sends wrong frames.
 *
 * <p>Its prompts are commands: {@code say N} sends N tokens and finishes. {@code hold} sends one token and never ends.
 * {@code ticks N} sends N tokens over time, beside other requests and after replayed tokens. It leaves when it is asked to. {@code clings N} does
 * the same, but gives no answer to that. {@code reject} is
 * rejected. {@code die} ends the process. {@code fill} fills its heap. {@code dies K N} ends the process K tokens after
 * the replayed ones, unless there are N.
 */
public final class ScriptedWorker {
    private static final int LIMIT = 1 << 20;

    private final Map<String, String> options = new HashMap<>();
    private final ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().factory());
    private FrameConnection<EngineFrame, WorkerFrame> engine;
    private WorkerSettings settings;
    private final Map<Long, Ticks> ticking = new ConcurrentHashMap<>();

    public static void main(String[] args) throws Exception {
        new ScriptedWorker().run(args);
    }

    private void run(String[] args) throws Exception {
        for (String arg : args) {
            int equals = arg.indexOf('=');
            options.put(arg.substring(0, equals), arg.substring(equals + 1));
        }
        String token = new BufferedReader(new InputStreamReader(System.in)).readLine();
        String script = Path.of(options.get("--model")).getFileName().toString();
        System.err.println("scripted worker: " + script);
        if (script.equals("dies-at-once")) {
            System.exit(3);
        }
        if (script.equals("never-says-hello")) {
            connect().receive();
            return;
        }
        engine = connect();
        hello(script.equals("wrong-token") ? "wrong" : token, script.equals("other-version") ? 99 : Protocol.VERSION);
        EngineFrame first = engine.receive();
        if (first == null || !first.hasSettings()) {
            throw new IOException("not let in: " + first);
        }
        settings = first.getSettings();
        switch (script) {
            case "never-ready" -> engine.receive();
            case "unusable-model" -> {
                send(WorkerFrame.newBuilder()
                        .setFatal(Fatal.newBuilder()
                                .setMessage("the model has a wrong shape")
                                .setCause(Fatal.Cause.UNUSABLE)));
                System.exit(65);
            }
            case "asserts" -> {
                System.err.println("/build/ggml/src/ggml.c:4711: GGML_ASSERT(a == b) failed");
                System.err.println("libggml-base.so(+0x1bd3b) [0x7f]");
                Runtime.getRuntime().halt(134);
            }
            case "broken-model" -> {
                send(WorkerFrame.newBuilder().setFatal(Fatal.newBuilder().setMessage("the model is broken")));
                System.exit(65);
            }
            default -> serve(script);
        }
    }

    private void serve(String script) throws IOException {
        send(WorkerFrame.newBuilder()
                .setProgress(Progress.newBuilder().setPhase("load").setFraction(0.5f)));
        ready();
        if (script.equals("lies-when-ready")) {
            send(WorkerFrame.newBuilder().setHello(Hello.getDefaultInstance()));
        }
        for (EngineFrame frame = engine.receive(); frame != null; frame = engine.receive()) {
            switch (frame.getFrameCase()) {
                case GENERATE -> generate(frame.getGenerate());
                case STOP -> {
                    if (!script.equals("ignores-stop")) {
                        System.exit(0);
                    }
                }
                case PARK -> {
                    if (script.equals("ignores-park")) {
                        continue;
                    }
                    String token = frame.getPark().getToken();
                    FrameConnection<EngineFrame, WorkerFrame> old = engine;
                    engine = connect();
                    hello(token, Protocol.VERSION);
                    ready();
                    old.close();
                }
                case PING -> {
                    if (!script.equals("ignores-pings")) {
                        send(WorkerFrame.newBuilder().setPong(Pong.getDefaultInstance()));
                    }
                }
                case QUESTION -> answer(frame.getQuestion());
                case SETTINGS -> throw new IOException("the engine sent settings a second time");
                case LEAVE -> leave(frame.getLeave().getRequest());
                case CANCEL, PREFIX_FOUND, PREFIX_TAKEN, FRAME_NOT_SET -> {}
            }
        }
    }

    private FrameConnection<EngineFrame, WorkerFrame> connect() throws IOException {
        return FrameConnection.connect(Path.of(options.get("--socket")), EngineFrame.parser(), LIMIT);
    }

    private void hello(String token, int version) throws IOException {
        send(WorkerFrame.newBuilder()
                .setHello(Hello.newBuilder()
                        .setProtocolVersion(version)
                        .setWorker(Integer.parseInt(options.get("--worker")))
                        .setToken(token)
                        .setPid(ProcessHandle.current().pid())));
    }

    private void ready() throws IOException {
        send(WorkerFrame.newBuilder()
                .setReady(Ready.newBuilder()
                        .setSlots(settings.getSequences().getSlots())
                        .setContextLength(64)
                        .setDevice("script")));
    }

    /**
     * Answers with a token per character. A text {@code die} ends the process, {@code die once FILE} only if there is
     * no such file; {@code refuse} is refused, and {@code hold} never gets an answer.
     */
    private void answer(VocabularyQuestion question) throws IOException {
        String text = question.getTokenize().getText();
        if (text.equals("die") || text.startsWith("die once ") && first(Path.of(text.substring(9)))) {
            Runtime.getRuntime().halt(9);
        }
        VocabularyAnswer.Builder answer = VocabularyAnswer.newBuilder().setNumber(question.getNumber());
        if (text.equals("refuse")) {
            answer.setRefusal("no");
        }
        text.chars().forEach(answer::addTokens);
        if (question.getTokenize().getNames()) {
            text.chars().forEach(c -> answer.putNames(c, "n" + c));
        }
        for (int token : question.getDetokenize().getTokensList()) {
            send(WorkerFrame.newBuilder()
                    .setAnswer(VocabularyAnswer.newBuilder()
                            .setNumber(question.getNumber())
                            .setText(ByteString.copyFromUtf8("t" + token))
                            .setMore(true)));
        }
        if (!text.equals("hold")) {
            send(WorkerFrame.newBuilder().setAnswer(answer));
        }
    }

    private static boolean first(Path file) throws IOException {
        try {
            Files.createFile(file);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        }
    }

    private void leave(long request) throws IOException {
        Ticks leaving = ticking.remove(request);
        if (leaving != null && leaving.request.getPrompt().startsWith("clings")) {
            return;
        }
        if (leaving == null) {
            send(step(Delta.newBuilder().setRequest(request).setStays(true)));
        } else {
            leaving.leave();
        }
    }

    private void generate(Generate request) throws IOException {
        String[] command = request.getPrompt().split(" ");
        if (command[0].equals("reject")) {
            send(WorkerFrame.newBuilder()
                    .setRejected(Rejected.newBuilder()
                            .setRequest(request.getRequest())
                            .setReason(Rejected.Reason.CONTEXT_LENGTH)
                            .setPromptTokens(99)
                            .setMessage("too long")));
            return;
        }
        send(WorkerFrame.newBuilder()
                .setAccepted(
                        Accepted.newBuilder().setRequest(request.getRequest()).setPromptTokens(2)));
        switch (command[0]) {
            case "say" -> {
                int count = Integer.parseInt(command[1]);
                for (int i = 0; i < count; i++) {
                    send(step(delta(request, i)));
                }
                send(step(end(request, count)));
            }
            case "dies" -> {
                int most = Integer.parseInt(command[1]);
                int count = Integer.parseInt(command[2]);
                int from = request.getReplayCount();
                for (int i = from; i < Math.min(count, from + most); i++) {
                    send(step(delta(request, i)));
                }
                if (from + most < count) {
                    Runtime.getRuntime().halt(9);
                }
                send(step(end(request, count)));
            }
            case "ticks", "clings" -> new Ticks(request, Integer.parseInt(command[1])).begin();
            case "hold" -> send(step(delta(request, 0)));
            case "fill" -> {
                List<long[]> heap = new ArrayList<>();
                while (heap.add(new long[1 << 17])) {
                    Thread.onSpinWait();
                }
            }
            case "die" -> Runtime.getRuntime().halt(9);
            default -> throw new IOException("no such command: " + request.getPrompt());
        }
    }

    /** A request with steps of one millisecond. */
    private final class Ticks implements Runnable {
        private final Generate request;
        private final int count;
        private int next;
        private ScheduledFuture<?> timer;

        Ticks(Generate request, int count) {
            this.request = request;
            this.count = count;
            next = request.getReplayCount();
        }

        synchronized void begin() {
            ticking.put(request.getRequest(), this);
            timer = ticker.scheduleAtFixedRate(this, 0, 1, TimeUnit.MILLISECONDS);
        }

        synchronized void leave() throws IOException {
            if (!timer.isCancelled()) {
                timer.cancel(false);
                send(step(Delta.newBuilder()
                        .setRequest(request.getRequest())
                        .setFinish(Finish.newBuilder().setReason(Finish.Reason.LEFT))));
            }
        }

        @Override
        public synchronized void run() {
            try {
                if (timer.isCancelled()) {
                    return;
                }
                if (next < count) {
                    send(step(delta(request, next++)));
                } else {
                    send(step(end(request, count)));
                    timer.cancel(false);
                }
            } catch (IOException e) {
                // the engine is gone
                timer.cancel(false);
            }
        }
    }

    private static Delta.Builder delta(Generate request, int token) {
        Delta.Builder delta = Delta.newBuilder()
                .setRequest(request.getRequest())
                .addTokens(token)
                .setText("t" + token + " ");
        return token == 0 ? delta.setCachedTokens(1) : delta;
    }

    private static Delta.Builder end(Generate request, int tokens) {
        return Delta.newBuilder()
                .setRequest(request.getRequest())
                .setFinish(Finish.newBuilder()
                        .setReason(Finish.Reason.STOP)
                        .setPromptTokens(2)
                        .setCompletionTokens(tokens));
    }

    private static WorkerFrame.Builder step(Delta.Builder delta) {
        return WorkerFrame.newBuilder().setStep(Step.newBuilder().addDeltas(delta));
    }

    private synchronized void send(WorkerFrame.Builder frame) throws IOException {
        engine.send(frame.build());
    }
}
