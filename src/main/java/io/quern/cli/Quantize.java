package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.device.HostFacts;
import io.quern.device.HostProbe;
import io.quern.home.QuernHome;
import io.quern.jvm.WeightsCommand;
import io.quern.launch.Installation;
import io.quern.model.ServedModel;
import io.quern.quantize.AvailableMemory;
import io.quern.quantize.FileComparison;
import io.quern.quantize.Quality;
import io.quern.quantize.QuantizeException;
import io.quern.quantize.QuantizePlan;
import io.quern.quantize.Quantizer;
import io.quern.quantize.WeightType;
import io.quern.settings.ByteFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Writes a model with weights of another type. */
@RegisterForReflection(targets = {QuantizeReport.class, Quality.class, Quality.Side.class})
@Command(
        name = "quantize",
        description = "Writes a model with weights of another type, which may be smaller or faster on this processor."
                + " Then compares both files: how much the predictions differ, and how fast they are.",
        exitCodeList = {
            "0:the file was written",
            "1:the file exists already or cannot be written, or the work failed",
            "2:the command line is wrong",
            "4:there is no such model",
            "7:the disk or the memory is too small",
            "8:the model is damaged or cannot be quantised",
            "130:Ctrl-C; nothing was written"
        },
        footer = {
            "  ${COMMAND-FULL-NAME} model-f16.gguf model-q4_0.gguf --type q4_0",
            "  ${COMMAND-FULL-NAME} hf:OWNER/REPO:F16 small.gguf --type q4_k_m",
            "  ${COMMAND-FULL-NAME} model-00001-of-00003.gguf whole.gguf --type q8_0 --no-check",
            "",
            "Quantise from F16, BF16 or F32 if you can. A file that is quantised already loses twice."
        })
final class Quantize implements Callable<Integer> {
    @Mixin
    CommonOptions common;

    @Parameters(
            index = "0",
            paramLabel = "IN",
            description = "The model: demo, a GGUF file (of a split model the first part), or a name as `pull` takes."
                    + " It is downloaded if it is not here.")
    String in;

    @Parameters(index = "1", paramLabel = "OUT", description = "The file to write.")
    Path out;

    @Option(
            names = "--type",
            required = true,
            paramLabel = "TYPE",
            description = "From large and exact to small: f16, bf16, q8_0, q6_k, q5_k_m, q5_k_s, q5_1, q5_0, q4_k_m,"
                    + " q4_k_s, q4_1, q4_0, iq4_nl, iq4_xs, q3_k_l, q3_k_m, q3_k_s, q2_k. q4_0 is the fastest on most"
                    + " processors, q4_k_m loses less.")
    String type;

    @Option(names = "--force", description = "Replaces OUT if it exists.")
    boolean force;

    @Option(names = "--no-check", description = "Does not compare the files afterwards.")
    boolean noCheck;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that compute (all cores but one).")
    @Nullable
    Integer threads;

    @Option(names = "--json", description = "Prints one JSON object about the result.")
    boolean json;

    @Override
    public Integer call() throws InterruptedException {
        Output output = common.output(json);
        WeightType wanted = wanted();
        HostFacts host = HostProbe.look();
        Settings settings = Settings.read();
        ServedModel model = source(output, settings);
        Path source = model.file();
        Path target = out.toAbsolutePath().normalize();
        try {
            Quantizer.check(source, target, force);
            model.metadata().quantisation().filter(wanted.name()::equals).ifPresent(same -> {
                throw new CommandFailure(ExitCode.USAGE, in + " is " + wanted + " already.");
            });
            Installation installation = settings.planner(model).installation();
            WeightsCommand command = new WeightsCommand(
                    installation.runtime(), installation.sandbox(), installation.home(), installation.libraries());
            AvailableMemory memory = WeightHint.memory();
            QuantizeReport written =
                    quantize(output, new Quantizer(command, threads(host), memory), model, target, wanted);
            QuantizeReport report =
                    written.with(quality(output, new FileComparison(command, threads(host), memory), source, target));
            if (json) {
                output.write(report);
            } else {
                report.print(output);
            }
            return ExitCode.DONE.number();
        } catch (QuantizeException e) {
            throw failure(e);
        }
    }

    private QuantizeReport quantize(
            Output output, Quantizer quantizer, ServedModel model, Path target, WeightType wanted)
            throws InterruptedException {
        Path source = model.file();
        QuantizePlan plan = quantizer.plan(source, wanted);
        quantizer.requireRoom(source, plan, target);
        output.note("Quantising " + source + " (" + describe(model) + ") to " + wanted + ", about "
                + ByteFormat.of(plan.resultBytes()) + ".");
        warn(output, model, plan);
        long begin = System.nanoTime();
        Thread interrupted = new Thread(() -> interrupted(output, target), "quern-quantize-note");
        Runtime.getRuntime().addShutdownHook(interrupted);
        try (Progress bar = Progress.ofBytes("Quantising", plan.sourceBytes())) {
            quantizer.write(source, plan, target, force, (done, total) -> bar.at(done));
        } finally {
            forget(interrupted);
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        return new QuantizeReport(
                target.toString(),
                size(target),
                wanted.toString(),
                plan.types(),
                source.toString(),
                model.metadata().fileSize(),
                model.metadata().quantisation().orElse(null),
                seconds,
                null);
    }

    /** Runs when the process ends in the middle, as by Ctrl-C. */
    private static void interrupted(Output output, Path target) {
        // the bar has not ended its line
        output.err().println();
        output.note("Interrupted. " + target + " was not written.");
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // this process is ending, and the hook runs
        }
    }

    private WeightType wanted() {
        try {
            return WeightType.of(type);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    common.spec.commandLine(),
                    e.getMessage() + " All types: "
                            + Arrays.stream(WeightType.values())
                                    .map(WeightType::toString)
                                    .collect(Collectors.joining(", "))
                            + ".");
        }
    }

    private int threads(HostFacts host) {
        if (threads == null) {
            return Math.max(1, host.cores() - 1);
        }
        if (threads < 1 || threads > 1024) {
            throw new ParameterException(
                    common.spec.commandLine(), "--threads must be from 1 to 1024, but is " + threads + ".");
        }
        return threads;
    }

    private ServedModel source(Output output, Settings settings) throws InterruptedException {
        Map<String, String> found = new LocalModel(output).require(in);
        ServedModel model = settings.otherModel(found.getOrDefault("quern.model", in));
        model.open(() -> QuernHome.locate(settings.home()));
        return model;
    }

    private static void warn(Output output, ServedModel model, QuantizePlan plan) {
        String before = model.metadata().quantisation().orElse("");
        if (!before.isEmpty() && !List.of("F32", "F16", "BF16").contains(before)) {
            output.note("WARNING: The source is quantised already (" + before + "), so the result loses twice. Quantise"
                    + " from F16, BF16 or F32 if you can.");
        }
        if (plan.resultBytes() > plan.sourceBytes()) {
            output.note("WARNING: The result is larger than the source, and no better: bits that are lost stay lost.");
        }
    }

    private @Nullable Quality quality(Output output, FileComparison comparison, Path source, Path target)
            throws InterruptedException {
        if (noCheck) {
            return null;
        }
        Optional<String> impossible = comparison.problem(source, target);
        if (impossible.isPresent()) {
            output.note("The files were not compared: " + impossible.get() + ".");
            return null;
        }
        try (Progress bar = Progress.of("Comparing", -1, " tokens")) {
            return comparison.compare(source, target, (done, total) -> {
                bar.total(total);
                bar.at(done);
            });
        } catch (QuantizeException e) {
            // the file is whole
            output.note("WARNING: " + e.getMessage());
            return null;
        }
    }

    private static String describe(ServedModel model) {
        return model.metadata().quantisation().orElse("type unknown") + ", "
                + ByteFormat.of(model.metadata().fileSize());
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.FAILED, String.format(Locale.ROOT, "%s has disappeared: %s", file, e.getMessage()), e);
        }
    }

    private static CommandFailure failure(QuantizeException e) {
        ExitCode code =
                switch (e.problem()) {
                    case USAGE -> ExitCode.USAGE;
                    case NO_ROOM -> ExitCode.NO_ROOM;
                    case SOURCE -> ExitCode.DAMAGED;
                    case FAILED -> ExitCode.FAILED;
                };
        return new CommandFailure(code, String.valueOf(e.getMessage()), e);
    }
}
