package io.quern.process;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** A running (or ended) child of ours. Safe for use by several threads. */
public final class ChildProcess {
    /** What the exit waits for the last lines of output; they are in the pipe already when the process is gone. */
    private static final Duration LAST_WORDS = Duration.ofMillis(50);

    private final Process process;
    private final OutputTail tail = new OutputTail();
    private final CompletableFuture<ExitStatus> exited;

    private ChildProcess(Process process, ChildCommand command) {
        this.process = process;
        CompletableFuture<Void> outputEnded = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("quern-output-" + command.name()).start(() -> {
            LineReader.read(process.getInputStream(), OutputTail.MAX_LINE_LENGTH, line -> {
                tail.add(line);
                command.output().accept(line);
            });
            outputEnded.complete(null);
        });
        this.exited = process.onExit().thenCompose(p -> outputEnded
                .completeOnTimeout(null, LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS)
                .thenApply(ignored -> ExitStatus.of(p.exitValue())));
    }

    /** Starts it, in the calling thread: see {@link ProcessStarter} for why the thread matters. */
    static ChildProcess start(ChildCommand command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command.command()).redirectErrorStream(true);
        builder.environment().keySet().removeAll(command.withoutEnvironment());
        builder.environment().putAll(command.environment());
        Process process = builder.start();
        ChildProcess child = new ChildProcess(process, command);
        try (OutputStream stdin = process.getOutputStream()) {
            if (command.stdinLine() != null) {
                stdin.write((command.stdinLine() + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // it died before it read: its exit tells more than this error
        }
        return child;
    }

    public long pid() {
        return process.pid();
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** Completes when the process is gone and its output has been read. */
    public CompletionStage<ExitStatus> exited() {
        return exited.minimalCompletionStage();
    }

    /** The last lines it wrote. */
    public List<String> lastOutput() {
        return tail.lines();
    }

    /**
     * The lower rungs of the stop ladder: SIGTERM now, SIGKILL after {@code patience}. Returns at once; this child only, never
     * others.
     */
    public CompletionStage<ExitStatus> terminate(Duration patience) {
        // by the handle: Process.destroy() also closes the pipe that the last words come through
        process.toHandle().destroy();
        CompletableFuture.delayedExecutor(patience.toMillis(), TimeUnit.MILLISECONDS)
                .execute(this::kill);
        return exited();
    }

    /** SIGKILL, also for the processes it has started itself. */
    public CompletionStage<ExitStatus> killTree() {
        // looked up first: once it is gone nobody knows whose they were
        List<ProcessHandle> children = process.descendants().toList();
        kill();
        children.forEach(ProcessHandle::destroyForcibly);
        return exited();
    }

    /** SIGKILL. */
    public CompletionStage<ExitStatus> kill() {
        process.toHandle().destroyForcibly();
        return exited();
    }
}
