package io.quern.boot;

import io.quern.device.HostFacts;
import io.quern.home.QuernHome;
import io.quern.jvm.WorkerCommand;
import io.quern.launch.FlashAttention;
import io.quern.launch.Installation;
import io.quern.launch.WorkerConfig;
import io.quern.process.ChildCommand;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.ProcessStarter;
import io.quern.sandbox.Sandbox;
import io.quern.topology.Measurement;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Measures how fast a model generates on this machine's processor, in a process that is started and confined like a
 * spawned worker and serves nothing. It loads its own copy of the weights.
 */
public final class Calibration {
    private static final Logger LOG = Logger.getLogger(Calibration.class);
    private static final List<Integer> STREAMS = List.of(1, 2, 4, 8, 16, 32);
    private static final String SPEED = "speed ";

    /** The largest heap of the process, which keeps almost nothing in it. */
    static final int HEAP_MIB = 64;

    private final Installation installation;
    private final WorkerConfig config;
    private final HostFacts host;
    private final Path model;
    private final List<Integer> threads;
    private final boolean background;

    /** A measurement of everything: each number of threads, and the reading of a prompt. */
    public Calibration(Installation installation, WorkerConfig config, HostFacts host, Path model) {
        this(installation, config, host, model, threads(host.cpus()), false);
    }

    private Calibration(
            Installation installation,
            WorkerConfig config,
            HostFacts host,
            Path model,
            List<Integer> threads,
            boolean background) {
        this.installation = installation;
        this.config = config;
        this.host = host;
        this.model = model;
        this.threads = threads;
        this.background = background;
    }

    /** Returns a measurement of what matters to single-threaded workers, for which all other processes go first. */
    static Calibration inBackground(Installation installation, WorkerConfig config, HostFacts host, Path model) {
        return new Calibration(installation, config, host, model, List.of(1), true);
    }

    /** Returns how many speeds it measures. */
    public int count() {
        return threads.size() * (STREAMS.size() + (background ? 0 : 1));
    }

    /** Returns the largest number of streams that it measures. */
    static int mostStreams() {
        return STREAMS.getLast();
    }

    /** Returns numbers of threads: 1, 2, 4..., up to all cores but one. */
    static List<Integer> threads(double cpus) {
        List<Integer> numbers = new ArrayList<>(List.of(1));
        int most = (int) cpus - 1;
        for (int threads = 2; threads < most; threads *= 2) {
            numbers.add(threads);
        }
        if (most > 1) {
            numbers.add(most);
        }
        return numbers;
    }

    /** A measurement that runs. */
    public interface Running {
        /**
         * Completes when the process has ended and its result is kept for later starts. Fails with an {@link
         * IOException} if the process fails, and with the exception of the file system if the result cannot be kept.
         */
        CompletionStage<Measurement> result();

        /** Kills the process. Never blocks; any thread may call this. */
        void stop();
    }

    /**
     * Measures, and keeps the result for later starts. Blocks until the process has ended.
     *
     * @param limit the longest time; after that the process is killed
     * @param progress receives each speed, on another thread
     * @throws IOException if the process fails, or the result cannot be kept
     */
    public Measurement run(Duration limit, Consumer<Measurement.Speed> progress)
            throws IOException, InterruptedException {
        Running running = start(progress);
        try {
            return running.result().toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IOException("the measuring process did not end within " + limit.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failed
                    ? failed
                    : new IOException(String.valueOf(e.getCause().getMessage()), e);
        } finally {
            running.stop();
        }
    }

    /**
     * Starts a measurement.
     *
     * @param progress receives each speed, on another thread
     * @throws IOException if the result could not be kept
     * @throws io.quern.home.HomeException if the result could not be kept
     */
    public Running start(Consumer<Measurement.Speed> progress) throws IOException {
        Measurements kept = Measurements.in(installation.home());
        kept.requireWritable();
        MeasuredUnder conditions = MeasuredUnder.of(host, model, installation.libraries());
        List<Measurement.Speed> speeds = new CopyOnWriteArrayList<>();
        // its thread must live as long as the process
        ProcessStarter starter = new ProcessStarter();
        CompletableFuture<ChildProcess> child = starter.start(() -> command(line -> {
                    LOG.debugf("calibration: %s", line);
                    speed(line).filter(speed -> speeds.size() < count()).ifPresent(speed -> {
                        speeds.add(speed);
                        progress.accept(speed);
                    });
                }))
                .toCompletableFuture();
        CompletableFuture<Measurement> result = child.exceptionally(failure -> {
                    throw new CompletionException(
                            new IOException("the measuring process cannot be started: " + failure, failure));
                })
                .thenCompose(started -> started.exited().thenApply(exit -> judge(exit, started, speeds)))
                .thenApply(measurement -> keep(measurement, kept, conditions))
                .whenComplete((measurement, failure) -> starter.close());
        return new Running() {
            @Override
            public CompletionStage<Measurement> result() {
                return result;
            }

            @Override
            public void stop() {
                child.thenAccept(ChildProcess::kill);
            }
        };
    }

    private Measurement judge(ExitStatus exit, ChildProcess child, List<Measurement.Speed> speeds) {
        if (!exit.equals(new ExitStatus.Exited(0)) || speeds.size() < count()) {
            throw new CompletionException(new IOException(
                    "the measuring process ended with " + exit + ": " + String.join(" / ", child.lastOutput())));
        }
        return new Measurement(List.copyOf(speeds));
    }

    private static Measurement keep(Measurement measurement, Measurements kept, MeasuredUnder conditions) {
        try {
            kept.keep(conditions, measurement);
            return measurement;
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    private static Optional<Measurement.Speed> speed(String line) {
        try {
            return line.startsWith(SPEED)
                    ? Optional.of(Measurements.speed(line.substring(SPEED.length())))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            // a line too few fails the measurement
            return Optional.empty();
        }
    }

    private ChildCommand command(Consumer<String> output) {
        WorkerCommand worker = installation.runtime().command(config.jvmOptions());
        QuernHome home = installation.home();
        Sandbox sandbox = installation.sandbox();
        List<String> arguments = new ArrayList<>(List.of(
                "--measure",
                "--llama=" + installation.libraries(),
                "--model=" + model,
                "--threads=" + text(threads),
                "--streams=" + text(STREAMS),
                "--parent=" + ProcessHandle.current().pid()));
        if (background) {
            arguments.add("--background");
        }
        if (FlashAttention.exactWithAnyThreads()) {
            arguments.add("--any-threads");
        }
        return new ChildCommand(
                "calibration",
                sandbox.over(
                        worker.line(List.of("-Xmx" + HEAP_MIB + "m"), arguments),
                        sandbox.worker(
                                worker.needed(installation.libraries(), model, home),
                                home.make("crashes"),
                                false,
                                false)),
                Map.of(),
                sandbox.variables().unwanted(),
                null,
                output);
    }

    private static String text(List<Integer> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
