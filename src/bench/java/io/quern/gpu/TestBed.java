package io.quern.gpu;

import io.quern.bench.Service;
import io.quern.faults.Engine;
import io.quern.faults.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Starts engines and programs for the steps, and records results.
 *
 * @param folder the prepared folder
 * @param work a folder of this run for large files
 * @param out the folder for the report
 * @param logs the folder for the logs of everything that is started
 * @param gpu the device, or null if the run uses none
 * @param idleMebibytes memory of the device that is used although the run computes nothing
 */
record TestBed(
        Path folder,
        Path work,
        Path out,
        Path logs,
        Gpu gpu,
        Report report,
        AtomicInteger failures,
        AtomicInteger started,
        List<Service> services,
        AtomicReference<Double> idleMebibytes) {
    private static final long MEMORY_FREE_MILLIS = 10_000;

    TestBed(Path folder, Path work, Path out, Path logs, Gpu gpu, Report report) {
        this(
                folder,
                work,
                out,
                logs,
                gpu,
                report,
                new AtomicInteger(),
                new AtomicInteger(),
                new CopyOnWriteArrayList<>(),
                new AtomicReference<>(gpu == null ? 0 : gpu.usedMebibytes()));
    }

    boolean device() {
        return gpu != null;
    }

    Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    Path jar() {
        return folder.resolve("quarkus-app/quarkus-run.jar");
    }

    Path launcher() {
        return folder.resolve("quern-launcher");
    }

    /**
     * Returns the home of all engines. It must not be part of the arguments of this process, because the home
     * identifies the processes of engines.
     */
    Path home() {
        return work.resolve("engine-home");
    }

    /** Returns the libraries of the build, or null without a device: then the application uses its own. */
    Path libraries() {
        return device() ? work.resolve("build/libs") : null;
    }

    Path server() {
        return work.resolve("build/peer/llama-server");
    }

    /** Returns the file of a model with random weights. */
    Path model(String name) {
        return work.resolve("models").resolve(name + ".gguf");
    }

    void check(boolean expected, String format, Object... values) {
        if (!expected) {
            failures.incrementAndGet();
        }
        report.line("%s", (expected ? "- as expected: " : "- **NOT as expected**: ") + format.formatted(values));
    }

    void note(String format, Object... values) {
        report.line("%s", "- " + format.formatted(values));
    }

    /** Settings for the libraries in the application, which compute on the processor. */
    static final Map<String, String> BUNDLED = Map.of("QUERN_LLAMA_LIBRARY", "");

    /** Returns the environment of everything that is started. */
    Map<String, String> environment(Map<String, String> more) {
        Map<String, String> all = new HashMap<>();
        all.put("QUERN_HOME", home().toString());
        if (libraries() != null) {
            all.put("QUERN_LLAMA_LIBRARY", libraries().toString());
        }
        all.putAll(more);
        // With an empty value a step selects the libraries in the application.
        all.computeIfPresent("QUERN_LLAMA_LIBRARY", (name, value) -> value.isEmpty() ? null : value);
        return all;
    }

    /** The settings of an engine. */
    record EngineSettings(
            String method, Path model, int slots, int context, int workers, Map<String, String> settings) {
        EngineSettings(String method, Path model, int slots, int context) {
            this(method, model, slots, context, 1, Map.of());
        }

        EngineSettings with(Map<String, String> more) {
            Map<String, String> all = new HashMap<>(settings);
            all.putAll(more);
            return new EngineSettings(method, model, slots, context, workers, all);
        }

        EngineSettings workers(int count) {
            return new EngineSettings(method, model, slots, context, count, settings);
        }
    }

    Service.Kind quern(EngineSettings engineSettings) {
        return new Service.Kind() {
            @Override
            public String title() {
                return "Quern";
            }

            @Override
            public ProcessBuilder command(Path model, int slots, int context, int port) {
                ProcessBuilder builder = new Service.Quern(jar(), home()).command(model, slots, context, port);
                Map<String, String> environment = builder.environment();
                environment.remove("QUERN_WORKER_THREADS");
                environment.put("QUERN_WORKER_START_METHOD", engineSettings.method());
                environment.put("QUERN_POOL_WORKERS", Integer.toString(engineSettings.workers()));
                if (device()) {
                    // If workers crash at once, the step ends after seconds.
                    environment.put("QUERN_POOL_RESTART_MAX_RESTARTS", "4");
                    environment.put("QUERN_POOL_RESTART_MAX_DELAY", "1s");
                }
                environment.putAll(environment(engineSettings.settings()));
                if (engineSettings.method().equals("fork")) {
                    builder.command().add(0, launcher().toString());
                    builder.command().add(1, "--");
                }
                return builder;
            }
        };
    }

    /** Starts a service and does not wait for it. */
    Service launch(Service.Kind kind, Path model, int slots, int context) {
        Service service = Service.launch(kind, model, slots, context);
        services.add(service);
        return service;
    }

    /** Starts an engine and does not wait for it. Its log is kept. */
    Engine launch(EngineSettings engineSettings) {
        Service service =
                launch(quern(engineSettings), engineSettings.model(), engineSettings.slots(), engineSettings.context());
        Path log = logs.resolve("engine-%02d-%s.log".formatted(started.incrementAndGet(), engineSettings.method()));
        return new Engine(service, engineSettings.workers(), log);
    }

    /** Starts an engine and waits until all its workers are ready. */
    Engine start(EngineSettings engineSettings) {
        Engine engine = launch(engineSettings);
        engine.awaitAllReady();
        return engine;
    }

    /** Runs a program for at most this many seconds and returns what it has printed. */
    String output(int seconds, Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        Path file = Files.createTempFile(work, "output-", ".txt");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(file.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
            String text = Files.readString(file).strip();
            return ended
                    ? process.exitValue() == 0 ? text : text + "\n(exit code " + process.exitValue() + ")"
                    : text + "\n(not done within " + seconds + " s)";
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            Files.delete(file);
        }
    }

    /** Runs a command of the application and returns what it has printed. */
    String quern(int seconds, Map<String, String> more, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(java().toString(), "-jar", jar().toString()));
        command.addAll(List.of(arguments));
        return output(seconds, environment(more), command.toArray(String[]::new));
    }

    /** Ends all processes that a step has left, and waits until their memory on the device is free. */
    void clear() {
        for (Service service : services) {
            List<ProcessHandle> all = service.processes();
            if (service.process().isAlive()) {
                keep(service);
            }
            all.forEach(ProcessHandle::destroyForcibly);
        }
        services.clear();
        try {
            for (String line : Processes.of(home())) {
                ProcessHandle.of(Long.parseLong(line.substring(0, line.indexOf(' '))))
                        .filter(process ->
                                process.pid() != ProcessHandle.current().pid())
                        .ifPresent(ProcessHandle::destroyForcibly);
            }
        } catch (IOException e) {
            report.line("- cannot search for processes of engines: %s", e);
        }
        try {
            // Otherwise the next step would take this memory for that of other programs.
            Gpu.await(MEMORY_FREE_MILLIS, this::memoryFree);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean memoryFree() {
        return !device() || gpu.usedMebibytes() <= idleMebibytes.get() + Gpu.TOLERANCE;
    }

    /** Reports memory of the device that is still used although nothing runs. Later steps do not wait for it again. */
    void noteUsedMemory() {
        if (!memoryFree()) {
            double before = idleMebibytes.getAndSet(gpu.usedMebibytes());
            note(
                    "GPU memory still used %d s after all processes were killed: %.0f MiB; %.0f before",
                    MEMORY_FREE_MILLIS / 1000, idleMebibytes.get(), before);
        }
    }

    private void keep(Service service) {
        try {
            Files.copy(service.log(), logs.resolve("unfinished-%02d.log".formatted(started.incrementAndGet())));
        } catch (IOException e) {
            report.line("- cannot keep a log: %s", e);
        }
    }
}
