package io.quern.launch;

import io.quern.fork.ForkRequest;
import io.quern.fork.LauncherProcess;
import io.quern.fork.Preload;
import io.quern.fork.UnfitLauncherException;
import io.quern.jvm.CrashTrace;
import io.quern.jvm.WorkerCommand;
import io.quern.jvm.WorkerEnvironment;
import io.quern.libraries.GpuBackends;
import io.quern.policy.StartMethod;
import io.quern.process.ChildProcess;
import io.quern.process.RunFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import org.jboss.logging.Logger;

/**
 * Implements the start methods forkserver and fork. The launcher has libjvm, llama.cpp and the model loaded and forks
 * workers from itself. The next launch replaces a launcher that has ended. If the launcher cannot be used, this class
 * spawns all later workers.
 */
final class ForkStarter implements WorkerStarter {
    private static final Logger LOG = Logger.getLogger(ForkStarter.class);

    /** Finds or starts the launcher. */
    interface Source {
        LauncherProcess start(Path folder, Preload what, DoubleConsumer progress) throws IOException;
    }

    private final StartMethod method;
    private final Source source;
    private final WorkerCommand command;
    private final SpawnStarter spawn;
    private final Consumer<String> given;
    private LauncherProcess current;
    private volatile boolean spawning;
    private boolean closed;

    /**
     * @param method fork or forkserver
     * @param spawn takes over if forking is not possible; closed with this object
     * @param given receives the reason once, if forking is given up for good
     * @param current a launcher of an earlier application to keep using, or null
     */
    ForkStarter(
            StartMethod method,
            Source source,
            WorkerCommand command,
            SpawnStarter spawn,
            Consumer<String> given,
            LauncherProcess current) {
        this.method = method;
        this.source = source;
        this.command = command;
        this.spawn = spawn;
        this.given = given;
        this.current = current;
    }

    @Override
    public StartMethod method() {
        return spawning ? StartMethod.SPAWN : method;
    }

    @Override
    public CompletionStage<ChildProcess> launch(WorkerSpec spec, TokenIssuer tokens, LaunchEvents events) {
        if (spawning) {
            return spawn.launch(spec, tokens, events);
        }
        LauncherProcess launcher;
        try {
            launcher = launcher(spec, events);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        String hanging = launcher.hanging();
        if (hanging != null && method == StartMethod.FORK) {
            giveUp(launcher, "the launcher hangs: " + hanging);
            return spawn.launch(spec, tokens, events);
        }
        CompletableFuture<ChildProcess> launched = new CompletableFuture<>();
        launcher.preloaded()
                .thenApplyAsync(loaded -> request(spec, tokens.issue(spec.settings(loaded)), launcher))
                .thenCompose(request -> launcher.fork(request, events::output))
                .whenComplete((child, failure) -> {
                    if (failure == null) {
                        // runs on the thread that reads the launcher's messages
                        spawn.runFile().ifPresent(file -> file.add("worker-" + spec.id(), child.pid()));
                        launched.complete(child);
                        return;
                    }
                    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                    if (cause instanceof UnfitLauncherException) {
                        giveUp(launcher, cause.getMessage());
                        spawn.launch(spec, tokens, events).whenComplete((spawned, why) -> end(launched, spawned, why));
                    } else {
                        // only the next launch handles a launcher that hangs: this one may still fork, with the same
                        // token
                        launched.completeExceptionally(cause);
                    }
                });
        return launched;
    }

    private static void end(CompletableFuture<ChildProcess> launched, ChildProcess child, Throwable failure) {
        if (failure == null) {
            launched.complete(child);
        } else {
            launched.completeExceptionally(failure);
        }
    }

    @Override
    public void prepareNext(WorkerSpec like) {
        spawn.prepareNext(like);
    }

    /** Returns false if workers had to be spawned, since the next application would try to fork them again. */
    @Override
    public synchronized boolean handsOver() {
        return !spawning && current != null && current.handsOver();
    }

    @Override
    public Optional<Map<String, Object>> handOver() {
        Optional<Map<String, Object>> launcher;
        synchronized (this) {
            closed = true;
            launcher = handsOver() ? current.handOver() : Optional.empty();
        }
        return launcher.flatMap(parts -> spawn.handOver().map(more -> {
            Map<String, Object> all = new HashMap<>(more);
            all.put("launcher", parts);
            return all;
        }));
    }

    @Override
    public synchronized ChildProcess takeUp(WorkerSpec spec, Map<String, Object> child, LaunchEvents events) {
        return current.takeUp("worker-" + spec.id(), child, events::output);
    }

    @Override
    public Optional<CrashTrace> crash(long pid) {
        return spawn.crash(pid);
    }

    @Override
    public Optional<RunFile> runFile() {
        return spawn.runFile();
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            if (current != null) {
                current.close();
            }
        }
        spawn.close();
    }

    private synchronized LauncherProcess launcher(WorkerSpec spec, LaunchEvents events) throws IOException {
        if (closed) {
            throw new IOException("the engine is shutting down and starts no more processes");
        }
        if (current == null || current.gone()) {
            if (current != null) {
                LOG.warn("The launcher has ended, and its workers with it. The engine starts a new launcher.");
            }
            // a GPU library talks to the driver as soon as it is loaded, so only the JVM is loaded before the fork
            boolean gpu = GpuBackends.in(spec.libraries());
            current = source.start(
                    spec.socket().getParent(),
                    gpu
                            ? Preload.jvm(command.java().libjvm(), spawn.confinementOfLauncher(spec, method))
                            : spec.preload(command.java().libjvm(), spawn.confinementOfLauncher(spec, method)),
                    share -> events.progress("preload", share));
        }
        return current;
    }

    private void giveUp(LauncherProcess launcher, String cause) {
        synchronized (this) {
            if (spawning) {
                return;
            }
            spawning = true;
        }
        given.accept(cause);
        // keep it while it is the parent of running workers
        if (launcher.idle()) {
            launcher.close();
        }
    }

    private ForkRequest request(WorkerSpec spec, String token, LauncherProcess launcher) {
        return new ForkRequest(
                "worker-" + spec.id(),
                token,
                spec.socket(),
                jvmOptions(spec),
                arguments(spec, launcher),
                spawn.confinement(spec, true),
                environment(spec));
    }

    private static List<String> arguments(WorkerSpec spec, LauncherProcess launcher) {
        List<String> arguments = new ArrayList<>(spec.arguments(launcher.pid()));
        arguments.add("--forked");
        return arguments;
    }

    private List<String> jvmOptions(WorkerSpec spec) {
        List<String> options = new ArrayList<>(spawn.options(spec));
        options.addAll(command.jvmOptions());
        options.add("-Djava.class.path=" + command.classPath());
        return options;
    }

    private List<String> environment(WorkerSpec spec) {
        Map<String, String> all = spawn.sandbox().variables().values();
        all.putAll(WorkerEnvironment.added(spec.id(), spec.threads(), spec.devices()));
        List<String> variables = new ArrayList<>();
        all.forEach((name, value) -> variables.add(name + "=" + value));
        return variables;
    }
}
