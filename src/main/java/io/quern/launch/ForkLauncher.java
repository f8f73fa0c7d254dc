package io.quern.launch;

import io.quern.fork.ForkParent;
import io.quern.fork.Preload;
import io.quern.fork.PreloadResult;
import io.quern.fork.UnfitForkParentException;
import io.quern.jvm.CrashTrace;
import io.quern.jvm.WorkerCommand;
import io.quern.jvm.WorkerEnvironment;
import io.quern.policy.StartMethod;
import io.quern.process.ChildProcess;
import io.quern.process.RunFile;
import io.quern.sandbox.Sandbox;
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
 * Start methods forkserver and fork: the native launcher has libjvm, llama.cpp and the model loaded and forks workers from
 * itself. One that has ended is replaced at the next launch. Where it cannot be used, workers are spawned from then on.
 */
final class ForkLauncher implements Launcher {
    private static final Logger LOG = Logger.getLogger(ForkLauncher.class);

    /** Finds or makes the process that forks. */
    interface Parents {
        ForkParent start(Path folder, Preload what, DoubleConsumer progress) throws IOException;
    }

    private final StartMethod method;
    private final Parents parents;
    private final WorkerCommand command;
    private final SpawnLauncher spawn;
    private final Consumer<String> given;
    private ForkParent current;
    private volatile boolean spawning;
    private boolean closed;

    /**
     * @param method fork or forkserver
     * @param spawn takes over where forking is not possible; closed with this one
     * @param given is told why, once, if forking is given up for good
     * @param current one of an earlier application's, to go on with; null: none
     */
    ForkLauncher(
            StartMethod method,
            Parents parents,
            WorkerCommand command,
            SpawnLauncher spawn,
            Consumer<String> given,
            ForkParent current) {
        this.method = method;
        this.parents = parents;
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
    public CompletionStage<ChildProcess> launch(WorkerSpec spec, String token, LaunchEvents events) {
        if (spawning) {
            return spawn.launch(spec, token, events);
        }
        ForkParent parent;
        try {
            parent = parent(spec, events);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        String hanging = parent.hanging();
        if (hanging != null && method == StartMethod.FORK) {
            giveUp(parent, "the launcher hangs: " + hanging);
            return spawn.launch(spec, token, events);
        }
        CompletableFuture<ChildProcess> launched = new CompletableFuture<>();
        parent.preloaded()
                .thenApplyAsync(loaded -> arguments(spec, parent, loaded))
                .thenCompose(arguments -> parent.fork(
                        "worker-" + spec.id(),
                        token,
                        spec.socket(),
                        jvmOptions(spec),
                        arguments,
                        spawn.confinement(spec, true),
                        environment(spec),
                        events::output))
                .whenComplete((child, failure) -> {
                    if (failure == null) {
                        // on the thread that reads what the launcher says
                        spawn.runFile().ifPresent(file -> file.add("worker-" + spec.id(), child.pid()));
                        launched.complete(child);
                        return;
                    }
                    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                    if (cause instanceof UnfitForkParentException) {
                        giveUp(parent, cause.getMessage());
                        spawn.launch(spec, token, events).whenComplete((spawned, why) -> {
                            if (why == null) {
                                launched.complete(spawned);
                            } else {
                                launched.completeExceptionally(why);
                            }
                        });
                    } else {
                        // the next try finds one that hangs: not this one, since that may fork after all, with the same
                        // token
                        launched.completeExceptionally(cause);
                    }
                });
        return launched;
    }

    @Override
    public void prepareNext(WorkerSpec like) {
        spawn.prepareNext(like);
    }

    /** Not where workers had to be spawned after all: the next application would try to fork them again. */
    @Override
    public synchronized boolean handsOver() {
        return !spawning && current != null && current.handsOver();
    }

    @Override
    public Optional<Map<String, Object>> handOver() {
        Optional<Map<String, Object>> parent;
        synchronized (this) {
            closed = true;
            parent = handsOver() ? current.handOver() : Optional.empty();
        }
        return parent.flatMap(parts -> spawn.handOver().map(more -> {
            Map<String, Object> all = new HashMap<>(more);
            all.put("parent", parts);
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

    private synchronized ForkParent parent(WorkerSpec spec, LaunchEvents events) throws IOException {
        if (closed) {
            throw new IOException("no more processes are started: this is the end");
        }
        if (current == null || current.gone()) {
            if (current != null) {
                LOG.warn("the launcher has ended and taken its workers along; a new one is started");
            }
            // such a library talks to the driver as soon as it is loaded: then only the JVM is loaded before the fork
            boolean gpu = Sandbox.gpu(spec.libraries());
            current = parents.start(
                    spec.socket().getParent(),
                    gpu
                            ? Preload.jvm(command.java().libjvm(), spawn.confinementOfParent(spec, method))
                            : new Preload(
                                    command.java().libjvm(),
                                    spec.libraries(),
                                    spec.model(),
                                    spec.slots(),
                                    spec.contextLength(),
                                    spec.threads(),
                                    spec.flashAttention(),
                                    spawn.confinementOfParent(spec, method)),
                    share -> events.progress("preload", share));
        }
        return current;
    }

    private void giveUp(ForkParent parent, String cause) {
        synchronized (this) {
            if (spawning) {
                return;
            }
            spawning = true;
        }
        given.accept(cause);
        // workers that it has forked already go on: it is their parent
        if (parent.idle()) {
            parent.close();
        }
    }

    private List<String> arguments(WorkerSpec spec, ForkParent parent, PreloadResult loaded) {
        List<String> arguments = new ArrayList<>(spec.arguments(parent.pid()));
        arguments.add("--forked");
        arguments.addAll(loaded.arguments());
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
