package io.quern.process;

import io.quern.threads.EngineThreads;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** A child that this process has started itself. */
final class StartedChild implements ChildProcess {
    /**
     * Where children work. Not the engine's own directory: a library is searched for there where a search path has an empty or a relative
     * element, and others may write in it.
     */
    private static final File SAFE_DIRECTORY = new File("/");

    private final Process process;
    private final OutputTail tail = new OutputTail();
    private final CompletableFuture<Process> ended = new CompletableFuture<>();
    private final CompletableFuture<Void> outputEnded = new CompletableFuture<>();
    private final CompletableFuture<ExitStatus> exited;

    // Who listens can be exchanged, since what tells cannot: a thread that reads a pipe is not to be interrupted, and
    // what hangs on the
    // process's end would keep every application's classes until then.
    private final AtomicReference<Consumer<String>> lines;
    private final AtomicReference<Consumer<Process>> end;

    private StartedChild(
            Process process,
            Consumer<String> output,
            AtomicReference<Consumer<String>> lines,
            AtomicReference<Consumer<Process>> end) {
        this.process = process;
        this.lines = lines;
        this.end = end;
        this.exited = ended.thenCompose(p -> outputEnded
                .completeOnTimeout(null, OutputTail.LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS)
                .thenApply(ignored -> ExitStatus.of(p.exitValue())));
        lines.set(line -> {
            tail.add(line);
            output.accept(line);
        });
        end.set(ended::complete);
    }

    private void listen(ChildCommand command) {
        boolean answers = command.answer() != null;
        if (answers) {
            EngineThreads.daemon("quern-answer-" + command.name())
                    .start(() -> command.answer().accept(process.getInputStream()));
        }
        InputStream output = answers ? process.getErrorStream() : process.getInputStream();
        EngineThreads.daemon("quern-output-" + command.name()).start(() -> {
            LineReader.read(
                    output, OutputTail.MAX_LINE_LENGTH, line -> lines.get().accept(line));
            outputEnded.complete(null);
        });
        process.onExit().thenAccept(p -> end.get().accept(p));
    }

    /** Starts it, in the calling thread: see {@link ProcessStarter} for why the thread matters. */
    static StartedChild start(ChildCommand command) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(Shield.over(command.command())).redirectErrorStream(command.answer() == null);
        if (SAFE_DIRECTORY.isDirectory()) {
            builder.directory(SAFE_DIRECTORY);
        }
        builder.environment().keySet().removeAll(command.withoutEnvironment());
        builder.environment().putAll(command.environment());
        Process process = builder.start();
        OomScore.raise(process.pid());
        StartedChild child =
                new StartedChild(process, command.output(), new AtomicReference<>(), new AtomicReference<>());
        child.listen(command);
        try (OutputStream stdin = process.getOutputStream()) {
            if (command.stdinLine() != null) {
                stdin.write((command.stdinLine() + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // it died before it read: its exit tells more than this error
        }
        return child;
    }

    /** Goes on with one that an earlier application of this JVM has handed over. */
    @SuppressWarnings("unchecked")
    static StartedChild takeUp(Map<String, Object> parts, Consumer<String> output) {
        Process process = (Process) parts.get("process");
        StartedChild child = new StartedChild(
                process, output, (AtomicReference<Consumer<String>>) parts.get("lines"), (AtomicReference<
                                Consumer<Process>>)
                        parts.get("end"));
        if (!process.isAlive()) {
            // it has ended while nobody listened
            child.ended.complete(process);
        }
        return child;
    }

    @Override
    public Map<String, Object> handOver() {
        lines.set(line -> {});
        end.set(p -> {});
        return Map.of("pid", pid(), "process", process, "lines", lines, "end", end);
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public boolean alive() {
        return process.isAlive();
    }

    @Override
    public CompletionStage<ExitStatus> exited() {
        return exited.minimalCompletionStage();
    }

    @Override
    public List<String> lastOutput() {
        return tail.lines();
    }

    @Override
    public CompletionStage<ExitStatus> killTree() {
        // looked up first: once it is gone nobody knows whose they were
        List<ProcessHandle> children = process.descendants().toList();
        kill();
        children.forEach(ProcessHandle::destroyForcibly);
        return exited();
    }

    @Override
    public CompletionStage<ExitStatus> kill() {
        process.toHandle().destroyForcibly();
        return exited();
    }
}
