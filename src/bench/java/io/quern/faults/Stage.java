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
 * Where faults happen: what engine is started, and how.
 *
 * @param home of all engines, one at a time
 * @param launcher the entry point where the method is fork
 * @param logs a folder that each engine's log is kept in
 * @param brief whether a few times are enough
 * @param model SmolLM2, or null where there is none
 */
record Stage(
        Path jar,
        Path home,
        Path launcher,
        Path logs,
        String method,
        boolean brief,
        Path model,
        AtomicInteger engines) {

    /** Slots enough for all streams on one worker: with one of two lost, nobody has to wait for a slot. */
    static final int SLOTS = 16;

    static final int CONTEXT = 2048;

    /** Memory is bounded within a heap that is given, as in a container: a JVM takes what it may. */
    static final String HEAP = "-Xmx256m";

    /** Restarts as they are by default, only that a death a second ago is forgotten: here they come much more often than in life. */
    private static final Map<String, String> SETTINGS = Map.of(
            "QUERN_POOL_RESTART_INITIAL_DELAY", "100ms",
            "QUERN_POOL_RESTART_MAX_DELAY", "30s",
            "QUERN_POOL_RESTART_PERIOD", "1s",
            "QUERN_POOL_RESTART_MAX_RESTARTS", "10");

    int times(int full, int few) {
        return brief ? few : full;
    }

    /** The full form asks for what was promised; the short one, on machines that have other things to do, whether it happens at all. */
    double bound(double millis) {
        return brief ? 10 * millis : millis;
    }

    /** The same, on a terminal of its own. */
    Engine startOnTerminal(int workers) {
        Engine engine = launch(workers, null, SLOTS, CONTEXT, Map.of(), true);
        engine.awaitFull();
        return engine;
    }

    /**
     * Starts an engine of one worker with a home of its own and does not wait for it.
     *
     * @param under what its command is an argument of
     */
    Engine launch(List<String> under, Path itsHome, Map<String, String> settings) {
        Map<String, String> environment = new HashMap<>(settings);
        // as many threads on every machine
        environment.put("JAVA_TOOL_OPTIONS", "-XX:ActiveProcessorCount=2");
        return launch(
                new MethodEngine(jar, itsHome, launcher, method, 1), 1, under, null, 1, CONTEXT, environment, false);
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
            List<String> under,
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
                builder.command().addAll(0, under);
                if (terminal) {
                    // The shell that script(1) starts becomes the engine. A suite that itself runs in the background
                    // ignores SIGINT, and its children would inherit that.
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
        engine.awaitFull();
        return engine;
    }

    /** Folders of engines that live, or have left them behind. */
    long runFolders() throws IOException {
        return inRun().size();
    }

    /** Between two engines: whatever was left behind. */
    void emptyRun() throws IOException {
        empty("run");
    }

    /** Between two engines: the next one records its workers' AOT cache. */
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

    private List<Path> inRun() throws IOException {
        Path run = home.resolve("run");
        if (!Files.isDirectory(run)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(run)) {
            return all.toList();
        }
    }
}
