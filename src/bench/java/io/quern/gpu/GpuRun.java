package io.quern.gpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs the steps one after the other, each within its time limit, and writes the report. Every failure is a line in the
 * report. The exit status is 0 if all results were as expected, else 1. Arguments: {@code --folder=} (the prepared
 * one), {@code --work=}, {@code --out=}, {@code --seconds=} (for all steps), {@code --cpu}, {@code --only=} (names of
 * steps).
 */
final class GpuRun {
    private static final int MIN_SECONDS = 3;

    private static final List<Step> STEPS = List.of(
            new Step("machine", "The machine", 40, Step.Need.NOTHING, Preparation::machine),
            new Step("doctor", "Doctor, with the bundled libraries", 40, Step.Need.NOTHING, Preparation::doctor),
            new Step("models", "Models with random weights", 90, Step.Need.NOTHING, Preparation::models),
            new Step("processor", "On the processor", 60, Step.Need.NOTHING, Serving::processor),
            new Step("build", "The build of llama.cpp", 330, Step.Need.DEVICE, Preparation::build),
            new Step("probe", "The device probe, nvidia-smi and doctor", 60, Step.Need.LIBRARIES, Devices::probe),
            new Step("visibility", "Variables that hide devices", 60, Step.Need.DEVICE, Devices::visibility),
            new Step("spawn", "Serving by spawn, and the GPU's memory", 50, Step.Need.LIBRARIES, Serving::spawn),
            new Step(
                    "kill-worker", "kill -9 of a worker under 8 streams", 130, Step.Need.LIBRARIES, Losses::killWorker),
            new Step(
                    "two-workers",
                    "Two workers on one device: one is stopped, then the engine is killed",
                    60,
                    Step.Need.LIBRARIES,
                    Losses::twoWorkers),
            new Step(
                    "fork-refused",
                    "A launcher that has initialised the device",
                    40,
                    Step.Need.LIBRARIES,
                    Serving::forkRefused),
            new Step("forkserver", "Serving by forkserver", 30, Step.Need.LIBRARIES, Serving::forkserver),
            new Step("inline", "Serving inline", 30, Step.Need.LIBRARIES, Serving::inline),
            new Step("too-large", "A model that does not fit", 50, Step.Need.LIBRARIES, Fit::tooLarge),
            new Step("peer", "The build of llama-server", 120, Step.Need.DEVICE, Preparation::peer),
            new Step("speed", "Tokens per second and times to the first token", 200, Step.Need.LIBRARIES, Speed::run));

    private GpuRun() {}

    public static void main(String[] args) throws IOException {
        Map<String, String> options = new HashMap<>();
        for (String argument : args) {
            String[] parts = argument.split("=", 2);
            options.put(parts[0], parts.length == 1 ? "" : parts[1]);
        }
        Path out = Files.createDirectories(Path.of(options.get("--out")));
        Path work = Path.of(options.get("--work"));
        Report report = new Report(out.resolve("report.md"));
        boolean cpu = options.containsKey("--cpu");
        Gpu gpu = cpu ? null : gpu(report);
        TestBed testBed = new TestBed(
                Path.of(options.get("--folder")),
                work,
                out,
                Files.createDirectories(work.resolve("logs")),
                gpu,
                report);
        long end =
                System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.parseLong(options.getOrDefault("--seconds", "500")));
        List<String> only =
                options.containsKey("--only") ? List.of(options.get("--only").split(",")) : null;
        List<Object[]> summary = new ArrayList<>();
        List<Step> steps = only == null
                ? STEPS
                : only.stream()
                        .flatMap(name ->
                                STEPS.stream().filter(step -> step.name().equals(name)))
                        .toList();
        for (Step step : steps) {
            double started = report.seconds();
            String result = result(step, testBed, end);
            summary.add(new Object[] {step.name(), result, "%.1f".formatted(report.seconds() - started)});
            report.line("");
            report.line("Result of `%s`: %s", step.name(), result);
        }
        report.heading("Summary");
        report.table("step", "result", "seconds");
        report.rows(summary);
        report.line("");
        boolean passed = testBed.failures().get() == 0
                && summary.stream().noneMatch(row -> row[1].toString().startsWith("FAILED"));
        report.line(passed ? "All steps gave the expected results." : "Some steps did not give the expected results.");
        System.exit(passed ? 0 : 1);
    }

    private static Gpu gpu(Report report) {
        try {
            return Gpu.open();
        } catch (IllegalStateException e) {
            report.line("**No device:** %s. The remaining steps run as with `--cpu`.", e.getMessage());
            return null;
        }
    }

    /** Runs a step in a thread of its own, and ends the processes that it has left. */
    private static String result(Step step, TestBed testBed, long end) {
        testBed.report().heading(step.title());
        if (step.needs() == Step.Need.DEVICE && !testBed.device()) {
            return "no device";
        }
        if (step.needs() != Step.Need.NOTHING
                && !step.name().equals("build")
                && testBed.device()
                && !Files.isDirectory(testBed.libraries())) {
            return "FAILED: not run, because there are no libraries for the device";
        }
        long left = TimeUnit.NANOSECONDS.toSeconds(end - System.nanoTime());
        if (left < MIN_SECONDS) {
            return "FAILED: not run, because no time was left";
        }
        int before = testBed.failures().get();
        long limit = Math.min(left, step.seconds());
        FutureTask<Void> task = new FutureTask<>(() -> {
            step.body().run(testBed);
            return null;
        });
        Thread thread = Thread.ofPlatform().daemon().name(step.name()).start(task);
        try {
            task.get(limit, TimeUnit.SECONDS);
            int failed = testBed.failures().get() - before;
            return failed == 0 ? "as expected" : "FAILED: " + failed + " results are not as expected";
        } catch (TimeoutException e) {
            StringBuilder waits = new StringBuilder();
            for (StackTraceElement frame : thread.getStackTrace()) {
                if (frame.getClassName().startsWith("io.quern.")) {
                    waits.append(waits.isEmpty() ? "" : " < ").append(frame);
                }
            }
            thread.interrupt();
            return "FAILED: not done within " + limit + " s; it waited in " + waits;
        } catch (ExecutionException e) {
            testBed.report().block(e.getCause().toString());
            return "FAILED: " + firstLine(e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            testBed.clear();
            testBed.noteUsedMemory();
        }
    }

    private static String firstLine(Throwable cause) {
        String text = String.valueOf(cause.getMessage() == null ? cause : cause.getMessage());
        return text.lines()
                .findFirst()
                .orElse("")
                .substring(0, Math.min(300, text.lines().findFirst().orElse("").length()));
    }
}
