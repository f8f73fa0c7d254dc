package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.boot.Assumptions;
import io.quern.boot.BootPlan;
import io.quern.boot.BootPlanner;
import io.quern.boot.Calibration;
import io.quern.boot.WorkersWanted;
import io.quern.catalog.ConfiguredModel;
import io.quern.device.HostFacts;
import io.quern.launch.WorkerConfig;
import io.quern.model.ServedModel;
import io.quern.pool.PoolConfig;
import io.quern.store.ModelReference;
import io.quern.topology.Measurement;
import io.quern.topology.Topology;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures a model's speed on this machine, and shows which topology an engine chooses by it. */
@RegisterForReflection(targets = {Tune.Report.class, Measurement.Speed.class})
@Command(
        name = "tune",
        description = "Measures how fast a model generates on this machine, and shows how many workers, threads and"
                + " slots an engine chooses by that. Later starts use the result. It takes some seconds for each number"
                + " of threads; large models take longer.",
        exitCodeList = {
            "0:the speed was measured and kept",
            "1:it could not be measured, or workers compute on an accelerator",
            "2:the command line is wrong, or names none of several models",
            "4:there is no such model on this machine",
            "7:the model does not fit into memory",
            "8:the file is damaged or no model"
        },
        footer = {
            "  ${COMMAND-FULL-NAME}",
            "  ${COMMAND-FULL-NAME} /models/model.gguf",
            "  ${COMMAND-FULL-NAME} hf:OWNER/REPO:Q4_0 --json | jq .after.slots"
        })
final class Tune implements Callable<Integer> {
    private static final Duration LIMIT = Duration.ofMinutes(30);

    @Mixin
    CommonOptions common;

    @Parameters(
            paramLabel = "MODEL",
            arity = "0..1",
            description = "A name of quern.models, demo, a GGUF file, or a downloaded model (quern.model).")
    @Nullable
    String name;

    @Option(names = "--json", description = "Prints one JSON object.")
    boolean json;

    /**
     * The result, as printed in JSON.
     *
     * @param speeds tokens per second by threads and streams; 0 streams: the reading of a prompt
     * @param before what an engine would have chosen
     * @param after what an engine chooses now
     */
    record Report(String file, List<Measurement.Speed> speeds, Topology before, Topology after) {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        Output out = common.output(json);
        Subject subject = subject(Settings.read());
        BootPlan before = subject.plan();
        ServedModel model = before.model().orThrow();
        if (!before.devices().orThrow().accelerators().isEmpty()) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    "Workers compute on an accelerator here, which gets one worker. There is nothing to measure.");
        }
        Topology now = before.topology().orThrow();
        HostFacts host = before.host();
        long weights = model.metadata().fileSize();
        if (host.maxMemoryBytes() > 0 && weights > host.maxMemoryBytes()) {
            throw new CommandFailure(
                    ExitCode.NO_ROOM, "The model does not fit into the memory of " + host.memoryText() + ".");
        }
        Calibration calibration = new Calibration(before.parts().whole(), subject.worker, host, model.file());
        Measurement measured;
        try (Progress progress = Progress.of("Measuring " + model.id(), calibration.count(), " speeds")) {
            AtomicLong done = new AtomicLong();
            measured = calibration.run(LIMIT, speed -> progress.at(done.incrementAndGet()));
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, "Cannot measure the model: " + e.getMessage() + ".", e);
        }
        Report report = new Report(
                model.file().toString(),
                measured.speeds(),
                now,
                subject.planner.tuning(before).next(measured));
        if (json) {
            out.write(report);
        } else {
            print(report, out);
        }
        return ExitCode.DONE.number();
    }

    /** The model, as an engine with this configuration would serve it. */
    private record Subject(BootPlanner planner, PoolConfig pool, WorkerConfig worker) {
        BootPlan plan() {
            return planner.report(
                    new WorkersWanted(pool.workers(), pool.standbys(), pool.memoryCheck()), Assumptions.NONE);
        }
    }

    private Subject subject(Settings settings) {
        Optional<ConfiguredModel> configured = configured(settings);
        return configured
                .map(one -> new Subject(settings.planner(one), one.pool(), one.worker()))
                .orElseGet(() -> new Subject(
                        settings.planner(settings.otherModel(path(settings))), settings.pool(), settings.worker()));
    }

    /** Returns the model of the configuration that is meant, or empty if it is another one. */
    private Optional<ConfiguredModel> configured(Settings settings) {
        List<ConfiguredModel> models = settings.models();
        if (name != null) {
            return models.stream()
                    .filter(one -> one.key().equals(name) || one.aliases().contains(name))
                    .findFirst();
        }
        if (models.size() == 1 || models.getFirst().key().isEmpty()) {
            return Optional.of(models.getFirst());
        }
        throw new CommandFailure(
                ExitCode.USAGE,
                "The configuration names several models. Name one of them: "
                        + models.stream().map(ConfiguredModel::label).collect(Collectors.joining(", ")) + ".");
    }

    private String path(Settings settings) {
        return switch (ModelReference.parse(String.valueOf(name))) {
            case ModelReference.Demo demo -> demo.toString();
            case ModelReference.LocalFile file -> ModelNames.existing(file).toString();
            case ModelReference.Remote remote ->
                settings.modelStore().require(remote).file().toString();
        };
    }

    private static void print(Report report, Output out) {
        List<List<String>> rows = new ArrayList<>();
        for (Measurement.Speed speed : report.speeds) {
            rows.add(List.of(
                    Integer.toString(speed.threads()),
                    speed.streams() == 0 ? "prompt" : Integer.toString(speed.streams()),
                    String.format(Locale.ROOT, "%.1f", speed.tokensPerSecond()),
                    speed.streams() == 0
                            ? ""
                            : String.format(Locale.ROOT, "%.1f", speed.tokensPerSecond() / speed.streams())));
        }
        out.table(List.of("THREADS", "STREAMS", "TOKENS/S", "OF EACH STREAM"), rows);
        out.line();
        out.line("before: " + report.before.text());
        out.line("now:    " + out.bold(report.after.text()));
        report.after.reasons().forEach(reason -> out.line("  " + reason.text()));
        out.line();
        out.line("Engines choose this from their next start on. A configured number always wins.");
    }
}
