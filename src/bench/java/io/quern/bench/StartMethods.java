package io.quern.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Measures the start methods in turns and writes the table into a page. Arguments: {@code --jar=}, {@code --home=} (an
 * empty folder for Quern), {@code --launcher=}, {@code --model=NAME:FILE} (any number, in addition to the demo model),
 * {@code --page=}, {@code --methods=}, {@code --samples=}.
 */
final class StartMethods {
    private static final Pattern RECORDED =
            Pattern.compile("recorded the workers' AOT cache|AOT cache could not be recorded");

    private static final List<String> METHODS = List.of("spawn", "forkserver", "fork");

    /** Starts that are not counted: after its boot an engine still interprets the code of a restart. */
    private static final int WARM_UP = 3;

    private final Function<String, MethodEngine> engines;
    private final Function<String, MethodEngine> pools;
    private final List<String> methods;
    private final int samples;

    private StartMethods(Map<String, String> options) {
        Path jar = Path.of(options.get("--jar"));
        Path home = Path.of(options.get("--home"));
        Path launcher = Path.of(options.get("--launcher"));
        this.engines = method -> new MethodEngine(jar, home, launcher, method, 1);
        this.pools = method -> new MethodEngine(jar, home, launcher, method, PoolMemory.WORKERS);
        this.methods = List.of(
                options.getOrDefault("--methods", String.join(",", METHODS)).split(","));
        if (!METHODS.containsAll(methods)) {
            throw new IllegalArgumentException("unknown start method in " + methods + "; the methods are " + METHODS);
        }
        this.samples = Integer.parseInt(options.getOrDefault("--samples", "11"));
    }

    public static void main(String[] args) throws IOException {
        Map<String, Path> models = new LinkedHashMap<>();
        models.put("demo", null);
        Map<String, String> options = new LinkedHashMap<>();
        for (String argument : args) {
            String[] parts = argument.split("=", 2);
            if (parts[0].equals("--model")) {
                String[] model = parts[1].split(":", 2);
                models.put(model[0], Path.of(model[1]));
            } else {
                options.put(parts[0], parts[1]);
            }
        }
        StartMethods bench = new StartMethods(options);
        String begin = Machine.measured(1);
        bench.recordCache();
        StringBuilder table =
                new StringBuilder(begin).append("""
                ### Start of a worker (median of %d, and range), and memory of %d workers

                | model | start method | ready, ms | range | first token, ms | private dirty MiB, workers 1 to %d \
                | private dirty MiB, launcher | resident MiB, launcher | together, MiB |
                |---|---|---|---|---|---|---|---|---|
                """.formatted(bench.samples, PoolMemory.WORKERS, PoolMemory.WORKERS));
        for (Map.Entry<String, Path> model : models.entrySet()) {
            bench.rows(model.getKey(), model.getValue()).forEach(table::append);
        }
        table.append('\n');
        System.out.println("\n" + table);
        Page page = new Page(Path.of(options.get("--page")));
        page.write("start-methods", table.toString());
        Charts.draw(page);
    }

    /** Records the workers' AOT cache, so that no worker is measured without it or while it is being recorded. */
    private void recordCache() throws IOException {
        try (Service service = Service.start(engines.apply("spawn"), null, WorkerStarts.SLOTS, WorkerStarts.CONTEXT);
                EngineLog log = new EngineLog(service)) {
            if (log.await(RECORDED).group().startsWith("no")) {
                throw new IllegalStateException(
                        "the engine could not record the AOT cache; its log: " + service.logEnd());
            }
        }
    }

    private List<String> rows(String name, Path model) throws IOException {
        System.out.println(name);
        List<WorkerStarts> starts = starts(model);
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < methods.size(); i++) {
            PoolMemory memory = PoolMemory.measure(pools.apply(methods.get(i)), model);
            rows.add(row(name, methods.get(i), starts.get(i), memory));
        }
        return rows;
    }

    /**
     * Runs all engines at once and measures them in turns, each while the others are idle. So a busy spell of the
     * machine affects all.
     */
    private List<WorkerStarts> starts(Path model) throws IOException {
        List<WorkerStarts> starts = new ArrayList<>();
        try {
            for (String method : methods) {
                starts.add(new WorkerStarts(engines.apply(method), model));
            }
            for (int round = -WARM_UP; round < samples; round++) {
                for (WorkerStarts one : starts) {
                    one.sample(round >= 0);
                }
            }
        } finally {
            for (WorkerStarts one : starts) {
                one.close();
            }
        }
        return starts;
    }

    private static String row(String name, String method, WorkerStarts starts, PoolMemory memory) {
        return "| %s | %s | %.0f | %.0f to %.0f | %.0f | %s | %s | %s | %.0f |\n"
                .formatted(
                        name,
                        method,
                        Figures.median(starts.readyMillis()),
                        Collections.min(starts.readyMillis()),
                        Collections.max(starts.readyMillis()),
                        Figures.median(starts.firstTokenMillis()),
                        memory.privateDirty().stream().map("%.0f"::formatted).collect(Collectors.joining(", ")),
                        memory.parent()
                                .map(parent -> "%.1f".formatted(parent.privateDirty()))
                                .orElse(""),
                        memory.parent()
                                .map(parent -> "%.0f".formatted(parent.resident()))
                                .orElse(""),
                        memory.together());
    }
}
