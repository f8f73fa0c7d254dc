package io.quern.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** A child that this process has started itself. */
final class StartedChild implements ChildProcess {
    private final Process process;
    private final OutputTail tail = new OutputTail();
    private final CompletableFuture<ExitStatus> exited;

    private StartedChild(Process process, ChildCommand command) {
        this.process = process;
        CompletableFuture<Void> outputEnded = new CompletableFuture<>();
        boolean answers = command.answer() != null;
        if (answers) {
            Thread.ofPlatform().daemon().name("quern-answer-" + command.name()).start(() -> command.answer()
                    .accept(process.getInputStream()));
        }
        InputStream output = answers ? process.getErrorStream() : process.getInputStream();
        Thread.ofPlatform().daemon().name("quern-output-" + command.name()).start(() -> {
            LineReader.read(output, OutputTail.MAX_LINE_LENGTH, line -> {
                tail.add(line);
                command.output().accept(line);
            });
            outputEnded.complete(null);
        });
        this.exited = process.onExit().thenCompose(p -> outputEnded
                .completeOnTimeout(null, OutputTail.LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS)
                .thenApply(ignored -> ExitStatus.of(p.exitValue())));
    }

    /** Starts it, in the calling thread: see {@link ProcessStarter} for why the thread matters. */
    static StartedChild start(ChildCommand command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command.command()).redirectErrorStream(command.answer() == null);
        builder.environment().keySet().removeAll(command.withoutEnvironment());
        builder.environment().putAll(command.environment());
        Process process = builder.start();
        StartedChild child = new StartedChild(process, command);
        try (OutputStream stdin = process.getOutputStream()) {
            if (command.stdinLine() != null) {
                stdin.write((command.stdinLine() + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // it died before it read: its exit tells more than this error
        }
        return child;
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
    public CompletionStage<ExitStatus> terminate(Duration patience) {
        // by the handle: Process.destroy() also closes the pipe that the last words come through
        process.toHandle().destroy();
        CompletableFuture.delayedExecutor(patience.toMillis(), TimeUnit.MILLISECONDS)
                .execute(this::kill);
        return exited();
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
