package io.quern.boot;

import io.quern.device.HostFacts;
import io.quern.home.QuernHome;
import io.quern.jvm.WorkerCommand;
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

    private final Installation installation;
    private final WorkerConfig config;
    private final HostFacts host;
    private final Path model;

    public Calibration(Installation installation, WorkerConfig config, HostFacts host, Path model) {
        this.installation = installation;
        this.config = config;
        this.host = host;
        this.model = model;
    }

    /** Returns how many speeds it measures. */
    public int count() {
        // the reading of a prompt, too
        return threads(host.cpus()).size() * (STREAMS.size() + 1);
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

    /**
     * Measures, and keeps the result for later starts. Blocks until the process has ended.
     *
     * @param limit the longest time; after that the process is killed
     * @param progress receives each speed, on another thread
     * @throws IOException if the process fails, or the result cannot be kept
     */
    public Measurement run(Duration limit, Consumer<Measurement.Speed> progress)
            throws IOException, InterruptedException {
        MeasuredUnder conditions = MeasuredUnder.of(host, model, installation.libraries());
        List<Measurement.Speed> speeds = new CopyOnWriteArrayList<>();
        try (ProcessStarter starter = new ProcessStarter()) {
            ChildProcess child = starter.start(command(line -> {
                        LOG.debugf("calibration: %s", line);
                        speed(line).ifPresent(speed -> {
                            speeds.add(speed);
                            progress.accept(speed);
                        });
                    }))
                    .toCompletableFuture()
                    .get();
            try {
                ExitStatus exit = child.exited().toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
                if (!exit.equals(new ExitStatus.Exited(0)) || speeds.size() < count()) {
                    throw new IOException(
                            "the measuring process ended with " + exit + ": " + String.join(" / ", child.lastOutput()));
                }
            } catch (TimeoutException e) {
                throw new IOException("the measuring process did not end within " + limit.toSeconds() + " s", e);
            } finally {
                child.kill();
            }
        } catch (ExecutionException e) {
            throw new IOException("the measuring process cannot be started: " + e.getCause(), e);
        }
        Measurement measurement = new Measurement(List.copyOf(speeds));
        Measurements.in(installation.home()).keep(conditions, measurement);
        return measurement;
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
        List<String> arguments = List.of(
                "--measure",
                "--llama=" + installation.libraries(),
                "--model=" + model,
                "--threads=" + text(threads(host.cpus())),
                "--streams=" + text(STREAMS),
                "--parent=" + ProcessHandle.current().pid());
        return new ChildCommand(
                "calibration",
                sandbox.over(
                        worker.line(List.of(), arguments),
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
