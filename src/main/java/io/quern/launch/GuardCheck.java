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

/** Tries what ends workers with their engine, on processes to throw away: kills a parent, and looks whether its children go. */
public final class GuardCheck {
    private static final String MAIN = "io.quern.worker.GuardTrial";

    /** As WorkerMain has it. */
    private static final ExitStatus LOST = new ExitStatus.Exited(70);

    /** JVMs start slowly on a busy machine, which says nothing of the guards. */
    private static final Duration START = Duration.ofSeconds(30);

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long POLL_MILLIS = 2;

    private static final String NOT_HERE = "there is none on this platform";
    private static final String NO_LAUNCHER = "there is none that could be run here, so no worker is forked";

    private GuardCheck() {}

    /** Those that were tried and did not hold, or could not be tried; not those that there are none of here. */
    public static List<Guard> failed(List<Guard> tried) {
        return tried.stream()
                .filter(guard -> !guard.active())
                .filter(guard ->
                        !guard.detail().equals(NOT_HERE) && !guard.detail().equals(NO_LAUNCHER))
                .toList();
    }

    /**
     * Blocks for about the start of two JVMs.
     *
     * @param runtime what the children run on
     * @param sandbox what they get of the engine's environment
     * @param folder where a private folder for the trial can be made; the path of a socket in it must not be too long
     * @param launcher the launcher, where there is one
     * @return a line for each guard; never fails
     */
    public static List<Guard> run(
            WorkerRuntime runtime, Sandbox sandbox, Supplier<Path> folder, Optional<Path> launcher) {
        Path trial = null;
        try (ProcessStarter starter = new ProcessStarter()) {
            trial = Files.createTempDirectory(folder.get(), "trial-");
            return run(runtime, sandbox, starter, trial, launcher);
        } catch (HomeException | IOException | IllegalStateException e) {
            return List.of(new Guard("guards", false, "they could not be tried: " + e.getMessage()));
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
            // for a parent that is not its own: it has to see that, and to end
            ChildProcess stray = started(starter, command(runtime, sandbox, List.of("signal", "0"), line -> {}));
            parent = started(starter, command(runtime, sandbox, arguments, line -> hear(line, ready, children)));
            parent.exited()
                    .thenAccept(exit -> ready.completeExceptionally(new IOException("the parent ended by " + exit)));
            ready.get(START.toMillis(), TimeUnit.MILLISECONDS);
            List<Guard> guards = ended(parent, stray, children, launcher.isPresent());
            guards.add(runFile(trial));
            return guards;
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException(
                    e instanceof TimeoutException
                            ? "no answer in time"
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

    /** The parent names its children, and says when all are there. */
    private static void hear(String line, CompletableFuture<Void> ready, Map<String, Long> children) {
        String[] words = line.split(" ");
        if (line.equals("ready")) {
            ready.complete(null);
        } else if (words.length == 2 && words[1].matches("\\d{1,10}")) {
            children.put(words[0], Long.parseLong(words[1]));
        }
    }

    /** Kills the parent, and looks whether its children go; and whether the stray child has gone. */
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
        guards.add(new Guard("parent-check", exit.equals(LOST), "a child whose parent was another ended by " + exit));
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
                    "run-file",
                    problem == null,
                    problem == null ? "can be written below " + trial.getParent() : problem);
        }
    }

    private static Guard gone(String name, Long pid, long killed) throws InterruptedException {
        if (pid == null) {
            return new Guard(name, false, NOT_HERE);
        }
        while (true) {
            long millis = (System.nanoTime() - killed) / 1_000_000;
            // one that its new parent has not yet asked for its status counts as gone
            if (!Leftovers.running(pid)) {
                return new Guard(name, true, "a child was gone " + millis + " ms after its parent was killed");
            }
            if (millis > PATIENCE.toMillis()) {
                return new Guard(
                        name,
                        false,
                        "a child was still there " + PATIENCE.toSeconds() + " s after its parent was killed");
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
            // left for a person: its name tells what it is
        }
    }
}
