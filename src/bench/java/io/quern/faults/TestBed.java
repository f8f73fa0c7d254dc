package io.quern.faults;

import io.quern.bench.MethodEngine;
import io.quern.bench.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Starts the engines that faults are tried on.
 *
 * @param home the home of all engines, which run one at a time
 * @param launcher the entry point for the start method fork
 * @param logs the folder that receives the log of each engine
 * @param brief whether a few repetitions are enough
 * @param model SmolLM2, or null if it is not available
 */
record TestBed(
        Path jar,
        Path home,
        Path launcher,
        Path logs,
        String method,
        boolean brief,
        Path model,
        AtomicInteger engines) {

    /** Slots of a worker, enough for all streams: after the loss of one of two workers no stream waits for a slot. */
    static final int SLOTS = 16;

    static final int CONTEXT = 2048;

    /** Limits the heap as in a container, because a JVM uses whatever heap it may. */
    static final String HEAP = "-Xmx256m";

    /**
     * The default settings of restarts, but restarts are forgotten after a second: here they are much more frequent
     * than in practice.
     */
    private static final Map<String, String> SETTINGS = Map.of(
            "QUERN_POOL_RESTART_INITIAL_DELAY", "100ms",
            "QUERN_POOL_RESTART_MAX_DELAY", "30s",
            "QUERN_POOL_RESTART_PERIOD", "1s",
            "QUERN_POOL_RESTART_MAX_RESTARTS", "10");

    int times(int full, int few) {
        return brief ? few : full;
    }

    /**
     * Widens a time limit for the short form, which runs on busy machines: there it matters only that something happens
     * at all.
     */
    double bound(double millis) {
        return brief ? 10 * millis : millis;
    }

    /** Starts an engine with the demo model on a terminal of its own and waits until all its workers are ready. */
    Engine startOnTerminal(int workers) {
        Engine engine = launch(workers, null, SLOTS, CONTEXT, Map.of(), true);
        engine.awaitAllReady();
        return engine;
    }

    /**
     * Starts an engine with one worker and a home of its own, and does not wait for it.
     *
     * @param wrapper the command that runs the engine's command as its arguments
     */
    Engine launch(List<String> wrapper, Path ownHome, Map<String, String> settings) {
        Map<String, String> environment = new HashMap<>(settings);
        // The same number of threads on every machine.
        environment.put("JAVA_TOOL_OPTIONS", "-XX:ActiveProcessorCount=2");
        return launch(
                new MethodEngine(jar, ownHome, launcher, method, 1), 1, wrapper, null, 1, CONTEXT, environment, false);
    }

    /** Starts an engine and does not wait for it. */
    Engine launch(int workers, Path served, int slots, int context, Map<String, String> settings) {
        return launch(workers, served, slots, context, settings, false);
    }

    private Engine launch(
            int workers, Path served, int slots, int context, Map<String, String> settings, boolean terminal) {
        Map<String, String> environment = new HashMap<>(SETTINGS);
        environment.putAll(settings);
        return launch(
                new MethodEngine(jar, home, launcher, method, workers),
                workers,
                List.of(),
                served,
                slots,
                context,
                environment,
                terminal);
    }

    private Engine launch(
            MethodEngine engine,
            int workers,
            List<String> wrapper,
            Path served,
            int slots,
            int context,
            Map<String, String> environment,
            boolean terminal) {
        Service.Kind kind = new Service.Kind() {
            @Override
            public String title() {
                return method;
            }

            @Override
            public ProcessBuilder command(Path file, int sequences, int tokens, int port) {
                ProcessBuilder builder = engine.command(file, sequences, tokens, port);
                builder.environment().putAll(environment);
                builder.command().addAll(0, wrapper);
                if (terminal) {
                    // The shell that script(1) starts becomes the engine. A suite in the background ignores SIGINT, and
                    // its children would inherit that.
                    String line = builder.command().stream()
                            .map(word -> "'" + word + "'")
                            .collect(Collectors.joining(" ", "exec env --default-signal=INT,HUP ", ""));
                    builder.command(
                            List.of("script", "--quiet", "--return", "--flush", "--command", line, "/dev/null"));
                }
                return builder;
            }
        };
        Path log = logs.resolve("%s-%03d.log".formatted(method, engines.incrementAndGet()));
        return new Engine(Service.launch(kind, served, slots, context, 0), workers, log);
    }

    /** Starts an engine with the demo model and waits until all its workers are ready. */
    Engine start(int workers, Map<String, String> settings) {
        Engine engine = launch(workers, null, SLOTS, CONTEXT, settings);
        engine.awaitAllReady();
        return engine;
    }

    /** Counts the folders in the run folder: those of running engines, and those that engines left behind. */
    long runFolders() throws IOException {
        return runEntries().size();
    }

    /** Deletes what engines have left in the run folder. No engine may run. */
    void emptyRun() throws IOException {
        empty("run");
    }

    /** Deletes the workers' AOT cache, so that the next engine records it. No engine may run. */
    void emptyAot() throws IOException {
        empty("aot");
    }

    private void empty(String name) throws IOException {
        Path folder = home.resolve(name);
        if (Files.isDirectory(folder)) {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path one : all.filter(path -> !path.equals(folder))
                        .sorted(Comparator.reverseOrder())
                        .toList()) {
                    Files.delete(one);
                }
            }
        }
    }

    private List<Path> runEntries() throws IOException {
        Path run = home.resolve("run");
        if (!Files.isDirectory(run)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(run)) {
            return all.toList();
        }
    }
}
