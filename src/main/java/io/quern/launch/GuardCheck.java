package io.quern.launch;

import io.quern.home.HomeException;
import io.quern.jvm.WorkerCommand;
import io.quern.jvm.WorkerRuntime;
import io.quern.process.ChildCommand;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.Leftovers;
import io.quern.process.ProcessStarter;
import io.quern.process.RunFile;
import io.quern.sandbox.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Tests the guards on short-lived processes: kills a parent and checks that its children end. */
public final class GuardCheck {
    private static final String MAIN = "io.quern.worker.GuardTrial";

    /** The exit code of WorkerMain without its parent. */
    private static final ExitStatus LOST = new ExitStatus.Exited(70);

    /** Long, since JVMs start slowly on a busy machine. */
    private static final Duration START = Duration.ofSeconds(30);

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long POLL_MILLIS = 2;

    private static final String NOT_HERE = "this platform has no such guard";
    private static final String NO_LAUNCHER = "no launcher can run here, so no worker is forked";

    private GuardCheck() {}

    /** Returns the guards that failed or could not be tested, but not those that do not exist here. */
    public static List<Guard> failed(List<Guard> tried) {
        return tried.stream()
                .filter(guard -> !guard.active())
                .filter(guard ->
                        !guard.detail().equals(NOT_HERE) && !guard.detail().equals(NO_LAUNCHER))
                .toList();
    }

    /**
     * Tests all guards. Blocks for about the start of two JVMs. Never throws.
     *
     * @param runtime the Java that the children run on
     * @param sandbox selects the variables that the children get
     * @param folder parent of a private folder for the test; its path must be short enough for a socket
     * @param launcher the launcher, if one can run
     * @return one result for each guard
     */
    public static List<Guard> run(
            WorkerRuntime runtime, Sandbox sandbox, Supplier<Path> folder, Optional<Path> launcher) {
        Path trial = null;
        try (ProcessStarter starter = new ProcessStarter()) {
            trial = Files.createTempDirectory(folder.get(), "trial-");
            return run(runtime, sandbox, starter, trial, launcher);
        } catch (HomeException | IOException | IllegalStateException e) {
            return List.of(new Guard("guards", false, "they could not be tested: " + e.getMessage()));
        } finally {
            delete(trial);
        }
    }

    private static List<Guard> run(
            WorkerRuntime runtime, Sandbox sandbox, ProcessStarter starter, Path trial, Optional<Path> launcher)
            throws IOException {
        Map<String, Long> children = new ConcurrentHashMap<>();
        CompletableFuture<Void> ready = new CompletableFuture<>();
        List<String> arguments = new ArrayList<>(List.of("parent", trial.toString()));
        launcher.ifPresent(program -> arguments.add(program.toString()));
        ChildProcess parent = null;
        try {
            // gets a wrong parent id, and must notice that and end
            ChildProcess stray = started(starter, command(runtime, sandbox, List.of("signal", "0"), line -> {}));
            parent = started(starter, command(runtime, sandbox, arguments, line -> hear(line, ready, children)));
            parent.exited()
                    .thenAccept(exit ->
                            ready.completeExceptionally(new IOException("the test process ended with " + exit)));
            ready.get(START.toMillis(), TimeUnit.MILLISECONDS);
            List<Guard> guards = ended(parent, stray, children, launcher.isPresent());
            guards.add(runFile(trial));
            return guards;
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException(
                    e instanceof TimeoutException
                            ? "the test process did not answer in time"
                            : e.getCause().getMessage(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            if (parent != null) {
                parent.killTree();
            }
            children.values().forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
        }
    }

    /** Reads a line of the parent: the pid of a child, or that all are running. */
    private static void hear(String line, CompletableFuture<Void> ready, Map<String, Long> children) {
        String[] words = line.split(" ");
        if (line.equals("ready")) {
            ready.complete(null);
        } else if (words.length == 2 && words[1].matches("\\d{1,10}")) {
            children.put(words[0], Long.parseLong(words[1]));
        }
    }

    /** Kills the parent, then checks that its children and the stray child have ended. */
    private static List<Guard> ended(
            ChildProcess parent, ChildProcess stray, Map<String, Long> children, boolean launcher)
            throws InterruptedException, ExecutionException, TimeoutException {
        List<Guard> guards = new ArrayList<>();
        long killed = System.nanoTime();
        parent.kill();
        for (String name : List.of("parent-death-signal", "end-of-stream")) {
            guards.add(gone(name, children.get(name), killed));
        }
        ExitStatus exit = stray.exited().toCompletableFuture().get(START.toMillis(), TimeUnit.MILLISECONDS);
        guards.add(new Guard("parent-check", exit.equals(LOST), "a child with a wrong parent id ended with " + exit));
        guards.add(
                launcher
                        ? gone("launcher", children.get("launcher"), killed)
                        : new Guard("launcher", false, NO_LAUNCHER));
        return guards;
    }

    private static Guard runFile(Path trial) throws IOException {
        try (RunFile file = RunFile.open(trial)) {
            String problem = file.problem();
            return new Guard(
                    "run-file", problem == null, problem == null ? "writable below " + trial.getParent() : problem);
        }
    }

    private static Guard gone(String name, Long pid, long killed) throws InterruptedException {
        if (pid == null) {
            return new Guard(name, false, NOT_HERE);
        }
        while (true) {
            long millis = (System.nanoTime() - killed) / 1_000_000;
            // a zombie counts as gone
            if (!Leftovers.running(pid)) {
                return new Guard(name, true, "a child ended " + millis + " ms after its parent was killed");
            }
            if (millis > PATIENCE.toMillis()) {
                return new Guard(
                        name,
                        false,
                        "a child was still running " + PATIENCE.toSeconds() + " s after its parent was killed");
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    private static ChildProcess started(ProcessStarter starter, ChildCommand command)
            throws InterruptedException, ExecutionException, TimeoutException {
        return starter.start(command).toCompletableFuture().get(START.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static ChildCommand command(
            WorkerRuntime runtime, Sandbox sandbox, List<String> arguments, Consumer<String> output) {
        WorkerCommand command = WorkerCommand.of(runtime.java(), runtime.workerClasses(), List.of());
        List<String> line = new ArrayList<>(command.line(List.of(), arguments));
        line.set(line.indexOf(WorkerCommand.MAIN), MAIN);
        return new ChildCommand(
                "guard-trial", line, Map.of(), sandbox.variables().unwanted(), null, output);
    }

    private static void delete(Path trial) {
        if (trial == null) {
            return;
        }
        try (var files = Files.list(trial)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(trial);
        } catch (IOException e) {
            // left for the operator; its name explains it
        }
    }
}
