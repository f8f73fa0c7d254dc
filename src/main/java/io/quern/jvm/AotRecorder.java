package io.quern.jvm;

import io.quern.home.QuernHome;
import io.quern.process.ChildCommand;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.ProcessStarter;
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
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Uses the workers' AOT cache if it exists, and records it otherwise. A worker without an engine runs everything once
 * and writes down what it loaded. A second JVM creates the cache from these notes. The engine starts both JVMs itself,
 * since the second JVM that HotSpot would start by itself (-XX:AOTCacheOutput) outlives a killed engine. The cache only
 * saves time, so no failure here prevents a worker from starting.
 */
public final class AotRecorder {
    private static final Logger LOG = Logger.getLogger(AotRecorder.class);

    /** Longest time for a recording, which normally takes seconds. */
    private static final Duration DEADLINE = Duration.ofMinutes(2);

    /** A recording loads a second copy of the model, which is not worth it for large models. */
    private static final long MAX_MODEL_BYTES = 1L << 30;

    private final WorkerCommand command;
    private final AotCache cache;
    private final boolean enabled;
    private final Sandbox sandbox;
    private final QuernHome home;
    private final AtomicBoolean recording = new AtomicBoolean();
    private volatile @Nullable ChildProcess child;
    private volatile boolean stopped;

    public AotRecorder(WorkerCommand command, boolean enabled, Sandbox sandbox, QuernHome home) {
        this(command, AotCache.in(home, command), enabled, sandbox, home);
    }

    AotRecorder(WorkerCommand command, AotCache cache, boolean enabled, Sandbox sandbox, QuernHome home) {
        this.command = command;
        this.cache = cache;
        this.sandbox = sandbox;
        this.home = home;
        // class folders (dev mode, tests) change and cannot be recorded
        this.enabled = enabled && command.classPath().jarsOnly();
    }

    public List<String> useOptions() {
        if (!enabled) {
            return List.of();
        }
        try {
            return cache.recorded().map(AotCache::useOptions).orElse(List.of());
        } catch (IOException e) {
            LOG.warnf("The workers' AOT cache cannot be used, so workers start more slowly: %s", e.getMessage());
            return List.of();
        }
    }

    /** Records the cache if necessary. Completes with its file, or with empty if there will be none. Never fails. */
    public CompletableFuture<Optional<Path>> record(ProcessStarter starter, Path libraries, Path model) {
        CompletableFuture<Optional<Path>> done = new CompletableFuture<>();
        if (!enabled || !recording.compareAndSet(false, true)) {
            done.complete(Optional.empty());
            return done;
        }
        try {
            Path file = cache.file();
            Optional<Path> recorded = cache.recorded();
            if (recorded.isPresent()) {
                done.complete(recorded);
                return done;
            }
            Path target = cache.recordingFile();
            Path notes = target.resolveSibling(target.getFileName() + ".notes");
            run(starter, training(libraries, model, target, notes), notes)
                    .thenCompose(trained -> run(starter, assembly(libraries, model, target, notes), target))
                    .thenApply(assembled -> keep(target, file))
                    .whenComplete((kept, failure) -> {
                        deleteQuietly(notes);
                        deleteQuietly(target);
                        if (failure == null) {
                            done.complete(Optional.of(kept));
                        } else {
                            done.completeExceptionally(
                                    failure instanceof CompletionException ? failure.getCause() : failure);
                        }
                    });
        } catch (IOException e) {
            done.completeExceptionally(e);
        }
        return done.exceptionally(failure -> {
            if (!stopped) {
                LOG.infof(
                        "The workers' AOT cache could not be recorded, so workers start more slowly: %s",
                        failure.getMessage());
            }
            return Optional.empty();
        });
    }

    /** Ends a running recording and deletes its unfinished files. */
    public void stop() {
        stopped = true;
        ChildProcess running = child;
        if (running != null) {
            running.kill();
        }
    }

    /** Completes when the command has ended with exit code 0 and its result exists; fails otherwise. */
    private CompletableFuture<Void> run(ProcessStarter starter, ChildCommand step, Path result) {
        return starter.start(step).toCompletableFuture().thenCompose(started -> {
            child = started;
            if (stopped) {
                started.kill();
            }
            CompletableFuture.delayedExecutor(DEADLINE.toSeconds(), TimeUnit.SECONDS)
                    .execute(started::kill);
            return started.exited().thenAccept(exit -> {
                if (!exit.equals(new ExitStatus.Exited(0)) || !Files.isRegularFile(result)) {
                    throw new CompletionException(new IOException(
                            "the recording ended with " + exit + ": " + String.join(" / ", started.lastOutput())));
                }
            });
        });
    }

    private Path keep(Path target, Path file) {
        try {
            // if the jars changed meanwhile, the cache does not match its name
            if (!cache.file().equals(file)) {
                throw new IOException("the application's files changed during the recording");
            }
            cache.keep(target, file);
        } catch (IOException e) {
            throw new CompletionException(e);
        }
        LOG.infof("The engine has recorded the workers' AOT cache: %s", file);
        return file;
    }

    private ChildCommand training(Path libraries, Path model, Path target, Path notes) {
        List<String> arguments = new ArrayList<>(List.of(
                "--train",
                "--llama=" + libraries,
                "--parent=" + ProcessHandle.current().pid()));
        if (model.toFile().length() <= MAX_MODEL_BYTES) {
            arguments.add("--model=" + model);
        }
        return step("aot-recorder", AotCache.recordOptions(notes), arguments, libraries, model, target);
    }

    /** Returns the command that creates the cache; it runs no main. */
    private ChildCommand assembly(Path libraries, Path model, Path target, Path notes) {
        return step("aot-assembler", AotCache.assembleOptions(notes, target), List.of(), libraries, model, target);
    }

    private ChildCommand step(
            String name, List<String> options, List<String> arguments, Path libraries, Path model, Path target) {
        return new ChildCommand(
                name,
                sandbox.over(
                        command.line(options, arguments),
                        sandbox.recorder(command.needed(libraries, model, home), target)),
                Map.of(),
                sandbox.variables().unwanted(),
                null,
                line -> LOG.debugf("%s: %s", name, line));
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.debugf("A file cannot be deleted: %s", file);
        }
    }
}
