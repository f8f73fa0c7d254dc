package io.quern.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.bench.Answer;
import io.quern.bench.Figures;
import io.quern.bench.Load;
import io.quern.bench.Service;
import io.quern.faults.Engine;
import io.quern.faults.StreamRequest;
import io.quern.faults.StreamedAnswer;
import io.quern.gpu.Stage.Wish;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Start methods: that they serve, what they decide, and what they refuse. */
final class Serving {
    static final int CONTEXT = 512;
    private static final int SLOTS = 8;
    private static final int TOKENS = 64;
    private static final long MEMORY_BACK_MILLIS = 10_000;
    private static final Pattern READY = Pattern.compile("workerId=(\\d+) (?:pid=\\d+ )?ready after (\\d+) ms; (.*)");
    private static final Pattern RECORDED =
            Pattern.compile("recorded the workers' AOT cache|AOT cache could not be recorded.*");

    private static final Pattern WARNING = Pattern.compile("(?m)^\\S+ \\S+ (WARN|ERROR) +\\[.*$");
    private static final ObjectMapper JSON = new ObjectMapper();

    private Serving() {}

    /** The demo model on the processor, while the build keeps the cores busy: that it works, not how fast it can be. */
    static void processor(Stage stage) throws Exception {
        for (String method : List.of("spawn", "forkserver", "fork")) {
            Wish wish = new Wish(method, null, SLOTS, CONTEXT)
                    .with(Stage.BUNDLED)
                    // beside a build, several would wait for each other
                    .with(Map.of("QUERN_WORKER_THREADS", "1"));
            try (Engine engine = stage.start(wish)) {
                if (method.equals("spawn")) {
                    // later starts are those of every day
                    engine.await("the workers' AOT cache is recorded", () -> !engine.logged(RECORDED)
                            .isEmpty());
                    stage.note("%s", engine.logged(RECORDED).getFirst().group());
                }
                served(stage, engine, method);
                Load.run(engine.service(), 1, 8, -1);
                for (int streams : new int[] {1, SLOTS}) {
                    List<Answer> answers = Load.run(engine.service(), streams, TOKENS, 0);
                    stage.note(
                            "%s, %d streams: %.0f tokens/s, first token after %.0f ms",
                            method, streams, Load.tokensPerSecond(answers), Load.medianTimeToFirstTokenMillis(answers));
                }
            }
        }
    }

    static void spawn(Stage stage) throws Exception {
        double before = used(stage);
        Path model = stage.model("random-Q4_0");
        double with;
        try (Engine engine = stage.start(new Wish("auto", model, SLOTS, CONTEXT))) {
            with = used(stage);
            decision(stage, engine, stage.device() ? "spawn" : "forkserver");
            served(stage, engine, stage.device() ? "spawn" : "forkserver");
            if (stage.device()) {
                stage.check(device(engine).contains("CUDA"), "the worker computes on the GPU: %s", device(engine));
                stage.check(
                        with - before > Files.size(model) / (double) (1 << 20),
                        "GPU memory: %.0f MiB before, %.0f with a worker, %.0f while it computes; the model has %.0f",
                        before,
                        with,
                        used(stage),
                        Files.size(model) / (double) (1 << 20));
                stage.report()
                        .block(stage.output(
                                10,
                                Map.of(),
                                "bash",
                                "-c",
                                "nvidia-smi --query-compute-apps=pid,name,used_memory --format=csv"));
            }
        }
        memoryBack(stage, before);
        readyTimes(stage, model);
    }

    /** From a worker's process to its readiness, by killing it. */
    private static void readyTimes(Stage stage, Path model) throws Exception {
        for (String method : List.of("spawn", "forkserver")) {
            try (Engine engine = stage.start(
                    new Wish(method, model, SLOTS, CONTEXT).with(Map.of("QUERN_POOL_RESTART_INITIAL_DELAY", "1ms")))) {
                List<Double> whole = new ArrayList<>();
                for (int i = 0; i < (stage.device() ? 3 : 1); i++) {
                    Engine.WorkerNow worker = engine.workers().getFirst();
                    long killed = System.nanoTime();
                    worker.kill();
                    engine.await("a new worker is ready", () -> engine.full(worker.pid()));
                    whole.add((System.nanoTime() - killed) / 1e6);
                }
                List<Double> ready = engine.logged(READY).stream()
                        .skip(1)
                        .map(line -> Double.parseDouble(line.group(2)))
                        .toList();
                stage.note(
                        "%s, %s: a worker is ready after %.0f ms (median of %d); after its kill -9 the next one is ready"
                                + " within %.0f ms",
                        method, model.getFileName(), Figures.median(ready), ready.size(), Figures.median(whole));
            }
        }
    }

    static void forkserver(Stage stage) throws Exception {
        double before = used(stage);
        try (Engine engine = stage.start(new Wish("forkserver", stage.model("random-Q4_0"), SLOTS, CONTEXT))) {
            decision(stage, engine, "forkserver");
            served(stage, engine, "forkserver");
            ProcessHandle server = engine.service()
                    .process()
                    .children()
                    .filter(child -> command(child).contains("quern-launcher"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("the engine has no fork server"));
            String maps = Files.readString(Path.of("/proc", Long.toString(server.pid()), "maps"));
            stage.note(
                    "the fork server has mapped: libjvm %s, libllama %s, the model %s, a driver or CUDA %s; threads: %s",
                    maps.contains("libjvm.so"),
                    maps.contains("libllama."),
                    maps.contains(".gguf"),
                    maps.contains("libcuda") || maps.contains("libggml-cuda") || maps.contains("/dev/nvidia"),
                    Files.list(Path.of("/proc", Long.toString(server.pid()), "task"))
                            .count());
            stage.check(
                    !maps.contains("libcuda") && !maps.contains("libggml-cuda") && !maps.contains("/dev/nvidia"),
                    "the fork server has touched no device");
            if (stage.device()) {
                stage.check(
                        device(engine).contains("CUDA"), "the forked worker computes on the GPU: %s", device(engine));
            }
            warnings(stage, engine);
        }
        memoryBack(stage, before);
    }

    static void inline(Stage stage) throws Exception {
        double before = used(stage);
        try (Engine engine = stage.launch(new Wish("inline", stage.model("random-Q4_0"), SLOTS, CONTEXT))) {
            // it has no process, by which others are waited for
            engine.await("the worker is ready", () -> ready(engine));
            JsonNode decision = decision(stage, engine, "inline");
            served(stage, engine, "inline");
            warnings(stage, engine);
            if (stage.device()) {
                stage.note("warnings of the decision: %s", decision.get("warnings"));
            }
        }
        memoryBack(stage, before);
    }

    /**
     * A library that is preloaded into the launcher alone initialises CUDA in it before its main; without a device it maps a library of that
     * name, which is as much of a reason to refuse.
     */
    static void forkRefused(Stage stage) throws Exception {
        Path library = stage.work().resolve("libinitialise.so");
        Path driver = stage.work().resolve("driver/libcuda.so.1");
        Files.createDirectories(driver.getParent());
        String source = stage.folder().resolve("initialise.c").toString();
        String said = stage.output(
                20,
                Map.of(),
                "bash",
                "-c",
                "cc -shared -fPIC -o '%s' '%s' -ldl && echo 'int nothing;' | cc -shared -fPIC -o '%s' -x c -"
                        .formatted(library, source, driver));
        if (!Files.exists(library) || !Files.exists(driver)) {
            stage.check(false, "the library that initialises CUDA is compiled: %s", said);
            return;
        }
        Map<String, String> preloaded = Map.of(
                "LD_PRELOAD",
                library.toString(),
                "DRIVER_TO_INITIALISE",
                stage.device() ? "libcuda.so.1" : driver.toString(),
                // neither would reach the launcher otherwise
                "QUERN_WORKER_ENVIRONMENT",
                "LD_PRELOAD,DRIVER_TO_INITIALISE");
        for (String method : List.of("fork", "forkserver")) {
            try (Engine engine =
                    stage.start(new Wish(method, stage.model("random-Q4_0"), SLOTS, CONTEXT).with(preloaded))) {
                JsonNode decision =
                        JSON.readTree(engine.get("/q/quern/decision").getInputStream());
                stage.check(
                        decision.get("method").asText().equals("spawn"),
                        "%s with an initialised device falls back to %s",
                        method,
                        decision.get("method").asText());
                stage.note("warnings: %s", decision.get("warnings"));
                stage.note("revisions: %s", decision.get("revisions"));
                served(stage, engine, "spawn");
                warnings(stage, engine);
            }
        }
    }

    /** That a stream comes, and from a worker that was started as it should have been. */
    static void served(Stage stage, Engine engine, String method) throws Exception {
        StreamedAnswer told =
                new StreamRequest("What is a fork server?", TOKENS, 0, 1).tell(engine.service(), "served");
        stage.check(
                told.whole() && told.completionTokens == TOKENS,
                "a stream of %d tokens, the first text after %.0f ms%s",
                told.completionTokens,
                told.chunks.isEmpty() ? -1 : told.firstTextMillis(),
                told.whole() ? "" : "; " + told.status + " " + told.shortError());
        JsonNode worker = engine.pool().at("/workers/0");
        stage.check(
                worker.path("startMethod").asText().equals(method),
                "the worker was started by %s, computes on %s",
                worker.path("startMethod").asText(),
                worker.path("device").asText());
        engine.logged(READY).forEach(line -> stage.note("log: %s", line.group()));
    }

    private static JsonNode decision(Stage stage, Engine engine, String method) throws IOException {
        JsonNode decision = JSON.readTree(engine.get("/q/quern/decision").getInputStream());
        stage.check(
                decision.get("method").asText().equals(method),
                "the decision is %s (requested: %s): %s",
                decision.get("method").asText(),
                decision.get("requested").asText(),
                decision.at("/rules/0/message").asText());
        return decision;
    }

    static void warnings(Stage stage, Engine engine) {
        List<String> lines =
                engine.logged(WARNING).stream().map(MatchResult::group).toList();
        stage.note("warnings in its log: %s", lines.isEmpty() ? "none" : "");
        if (!lines.isEmpty()) {
            stage.report().block(String.join("\n", lines));
        }
    }

    private static boolean ready(Engine engine) {
        try {
            return engine.pool().get("state").asText().equals("ready");
        } catch (UncheckedIOException notYet) {
            return false;
        }
    }

    private static String device(Engine engine) {
        return engine.pool().at("/workers/0/device").asText();
    }

    private static String command(ProcessHandle process) {
        return process.info().command().orElse("");
    }

    /** In MiB; 0 without a device. */
    static double used(Stage stage) {
        return stage.device() ? stage.gpu().usedMebibytes() : 0;
    }

    static void memoryBack(Stage stage, double before) throws InterruptedException {
        if (stage.device()) {
            double millis = Gpu.await(MEMORY_BACK_MILLIS, () -> used(stage) <= before + 64);
            stage.check(
                    millis >= 0,
                    "the GPU's memory is free %.0f ms after the engine has ended: %.0f MiB used, %.0f before",
                    millis,
                    used(stage),
                    before);
        }
    }

    /** From its start to the first token. */
    static double bootSeconds(Service service) {
        return service.firstToken(Duration.ofMillis(5)).toNanos() / 1e9;
    }
}
