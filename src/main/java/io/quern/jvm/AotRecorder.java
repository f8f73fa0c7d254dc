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
 * Uses the workers' AOT cache if there is one, and records one if there is none. A worker without an engine runs its
 * whole path once and notes what it loaded; a second JVM writes the cache from the notes. The engine starts both
 * itself, since the JVM that HotSpot would start at the end of the first one (-XX:AOTCacheOutput) outlives a killed
 * engine. The cache only saves time, so nothing here ever keeps a worker from starting.
 */
public final class AotRecorder {
    private static final Logger LOG = Logger.getLogger(AotRecorder.class);

    /** A recording takes seconds; one that hangs must not stay. */
    private static final Duration DEADLINE = Duration.ofMinutes(2);

    /** A recording loads the model, a second copy of it beside the workers': not worth it for large ones. */
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
        // class folders (dev mode, tests) change under a cache's feet and cannot be recorded anyway
        this.enabled = enabled && command.classPath().jarsOnly();
    }

    public List<String> useOptions() {
        if (!enabled) {
            return List.of();
        }
        try {
            return cache.recorded().map(AotCache::useOptions).orElse(List.of());
        } catch (IOException e) {
            LOG.warnf("the AOT cache is not used, workers start more slowly: %s", e.getMessage());
            return List.of();
        }
    }

    /** Completes when there is a cache, with its file, or it is known that there will be none. */
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
                LOG.infof("no AOT cache was recorded, workers start more slowly: %s", failure.getMessage());
            }
            return Optional.empty();
        });
    }

    /** Ends a recording that is under way; its unfinished files are deleted. */
    public void stop() {
        stopped = true;
        ChildProcess running = child;
        if (running != null) {
            running.kill();
        }
    }

    /** Completes once the command has ended with exit code 0 and its result is there; exceptionally otherwise. */
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
            // the jars may have changed while it ran: then this is a cache of something else
            if (!cache.file().equals(file)) {
                throw new IOException("the application changed while it was recorded");
            }
            cache.keep(target, file);
        } catch (IOException e) {
            throw new CompletionException(e);
        }
        LOG.infof("recorded the workers' AOT cache: %s", file);
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

    /** Runs no main. */
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
            LOG.debugf("left behind: %s", file);
        }
    }
}
