package io.quern.process;

import io.quern.threads.EngineThreads;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** A child that this process has started itself. */
final class StartedChild extends ChildProcess {
    /**
     * The working directory of children. It differs from the engine's, where others may write and where libraries would
     * be searched if a search path has an empty or relative element.
     */
    private static final File SAFE_DIRECTORY = new File("/");

    private final Process process;

    /**
     * Receives the process when it has ended. A later application can replace it, since a listener on the process
     * itself would keep the classes of every application.
     */
    private final AtomicReference<Consumer<Process>> end;

    private StartedChild(Process process, ChildOutput output, AtomicReference<Consumer<Process>> end) {
        super(output);
        this.process = process;
        this.end = end;
        end.set(this::ended);
    }

    /** Starts it in the calling thread; see {@link ProcessStarter} for why the thread matters. */
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
        StartedChild child = new StartedChild(process, new ChildOutput(command.output()), new AtomicReference<>());
        child.listen(command);
        try (OutputStream stdin = process.getOutputStream()) {
            if (command.stdinLine() != null) {
                stdin.write((command.stdinLine() + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // it died before it read; its exit status says more than this error
        }
        return child;
    }

    private void listen(ChildCommand command) {
        Consumer<InputStream> answer = command.answer();
        if (answer != null) {
            EngineThreads.daemon("quern-answer-" + command.name()).start(() -> answer.accept(process.getInputStream()));
        }
        InputStream written = answer == null ? process.getInputStream() : process.getErrorStream();
        output().read(command.name(), written);
        process.onExit().thenAccept(ended -> Objects.requireNonNull(end.get()).accept(ended));
    }

    /** Takes over a child from an earlier application in this JVM. */
    @SuppressWarnings("unchecked")
    static StartedChild takeUp(Map<String, Object> parts, Consumer<String> output) {
        Process process = (Process) Objects.requireNonNull(parts.get("process"));
        AtomicReference<Consumer<Process>> end =
                (AtomicReference<Consumer<Process>>) Objects.requireNonNull(parts.get("end"));
        StartedChild child = new StartedChild(process, ChildOutput.takeUp(parts, output), end);
        if (!process.isAlive()) {
            // it ended while no application was listening
            child.ended(process);
        }
        return child;
    }

    private void ended(Process of) {
        complete(ExitStatus.of(of.exitValue()), 0);
    }

    @Override
    public Map<String, Object> handOver() {
        end.set(ended -> {});
        return Map.of("pid", pid(), "process", process, "lines", output().handOver(), "end", end);
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    void sendKill() {
        process.toHandle().destroyForcibly();
    }

    @Override
    public CompletionStage<ExitStatus> killTree() {
        // must be looked up first, since the kernel forgets the parent when it ends
        List<ProcessHandle> children = process.descendants().toList();
        kill();
        children.forEach(ProcessHandle::destroyForcibly);
        return exited();
    }
}
