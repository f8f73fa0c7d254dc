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
import io.quern.gpu.TestBed.EngineSettings;
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

/** Checks that the start methods serve, which one the engine decides for, and what it refuses. */
final class Serving {
    static final int CONTEXT = 512;
    private static final int SLOTS = 8;
    private static final int TOKENS = 64;
    private static final long MEMORY_BACK_MILLIS = 10_000;
    private static final Duration END = Duration.ofSeconds(10);
    private static final Pattern READY = Pattern.compile("workerId=(\\d+) (?:pid=\\d+ )?ready after (\\d+) ms; (.*)");
    private static final Pattern RECORDED =
            Pattern.compile("recorded the workers' AOT cache|AOT cache could not be recorded.*");

    private static final Pattern WARNING = Pattern.compile("(?m)^\\S+ \\S+ (WARN|ERROR) +\\[.*$");
    private static final ObjectMapper JSON = new ObjectMapper();

    private Serving() {}

    /**
     * Serves the demo model on the processor while the build keeps the cores busy: this shows that it works, not how
     * fast it is.
     */
    static void processor(TestBed testBed) throws Exception {
        for (String method : List.of("spawn", "forkserver", "fork")) {
            EngineSettings engineSettings = new EngineSettings(method, null, SLOTS, CONTEXT)
                    .with(TestBed.BUNDLED)
                    // One thread: several would wait for each other during the build.
                    .with(Map.of("QUERN_WORKER_THREADS", "1"));
            try (Engine engine = testBed.start(engineSettings)) {
                if (method.equals("spawn")) {
                    // Later starts then have the cache, as ordinary starts do.
                    engine.await("the workers' AOT cache is recorded", () -> !engine.logged(RECORDED)
                            .isEmpty());
                    testBed.note("%s", engine.logged(RECORDED).getFirst().group());
                }
                served(testBed, engine, method);
                Load.run(engine.service(), 1, 8, -1);
                for (int streams : new int[] {1, SLOTS}) {
                    List<Answer> answers = Load.run(engine.service(), streams, TOKENS, 0);
                    testBed.note(
                            "%s, %d streams: %.0f tokens/s, first token after %.0f ms",
                            method, streams, Load.tokensPerSecond(answers), Load.medianTimeToFirstTokenMillis(answers));
                }
            }
        }
    }

    static void spawn(TestBed testBed) throws Exception {
        double before = used(testBed);
        Path model = testBed.model("random-Q4_0");
        double serving;
        try (Engine engine = testBed.start(new EngineSettings("auto", model, SLOTS, CONTEXT))) {
            serving = used(testBed);
            decision(testBed, engine, testBed.device() ? "spawn" : "forkserver");
            served(testBed, engine, testBed.device() ? "spawn" : "forkserver");
            if (testBed.device()) {
                testBed.check(device(engine).contains("CUDA"), "the worker computes on the GPU: %s", device(engine));
                testBed.check(
                        serving - before > Files.size(model) / (double) (1 << 20),
                        "GPU memory: %.0f MiB before, %.0f with a worker, %.0f while it computes; the model has %.0f",
                        before,
                        serving,
                        used(testBed),
                        Files.size(model) / (double) (1 << 20));
                testBed.report()
                        .block(testBed.output(
                                10,
                                Map.of(),
                                "bash",
                                "-c",
                                "nvidia-smi --query-compute-apps=pid,name,used_memory --format=csv"));
            }
        }
        memoryBack(testBed, before);
        readyTimes(testBed, model);
    }

    /** Kills the worker several times and measures how soon the next one is ready. */
    private static void readyTimes(TestBed testBed, Path model) throws Exception {
        for (String method : List.of("spawn", "forkserver")) {
            try (Engine engine = testBed.start(new EngineSettings(method, model, SLOTS, CONTEXT)
                    .with(Map.of("QUERN_POOL_RESTART_INITIAL_DELAY", "1ms")))) {
                List<Double> replaced = new ArrayList<>();
                for (int i = 0; i < (testBed.device() ? 3 : 1); i++) {
                    Engine.WorkerView worker = engine.workers().getFirst();
                    long killed = System.nanoTime();
                    worker.kill();
                    engine.await("a new worker is ready", () -> engine.allReady(worker.pid()));
                    replaced.add((System.nanoTime() - killed) / 1e6);
                }
                List<Double> ready = engine.logged(READY).stream()
                        .skip(1)
                        .map(line -> Double.parseDouble(line.group(2)))
                        .toList();
                testBed.note(
                        "%s, %s: a worker is ready after %.0f ms (median of %d); after its kill -9 the next one is ready"
                                + " within %.0f ms",
                        method, model.getFileName(), Figures.median(ready), ready.size(), Figures.median(replaced));
            }
        }
    }

    static void forkserver(TestBed testBed) throws Exception {
        double before = used(testBed);
        try (Engine engine =
                testBed.start(new EngineSettings("forkserver", testBed.model("random-Q4_0"), SLOTS, CONTEXT))) {
            decision(testBed, engine, "forkserver");
            served(testBed, engine, "forkserver");
            ProcessHandle server = engine.service()
                    .process()
                    .children()
                    .filter(child -> command(child).contains("quern-launcher"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("the engine has no fork server"));
            String maps = Files.readString(Path.of("/proc", Long.toString(server.pid()), "maps"));
            testBed.note(
                    "the fork server has mapped: libjvm %s, libllama %s, the model %s, a driver or CUDA %s; threads: %s",
                    maps.contains("libjvm.so"),
                    maps.contains("libllama."),
                    maps.contains(".gguf"),
                    maps.contains("libcuda") || maps.contains("libggml-cuda") || maps.contains("/dev/nvidia"),
                    Files.list(Path.of("/proc", Long.toString(server.pid()), "task"))
                            .count());
            testBed.check(
                    !maps.contains("libcuda") && !maps.contains("libggml-cuda") && !maps.contains("/dev/nvidia"),
                    "the fork server has loaded no driver and opened no device");
            if (testBed.device()) {
                testBed.check(
                        device(engine).contains("CUDA"), "the forked worker computes on the GPU: %s", device(engine));
            }
            warnings(testBed, engine);
        }
        memoryBack(testBed, before);
    }

    static void inline(TestBed testBed) throws Exception {
        double before = used(testBed);
        try (Engine engine =
                testBed.launch(new EngineSettings("inline", testBed.model("random-Q4_0"), SLOTS, CONTEXT))) {
            // An inline worker has no process, so awaitAllReady does not find it.
            engine.await("the worker is ready", () -> ready(engine));
            JsonNode decision = decision(testBed, engine, "inline");
            served(testBed, engine, "inline");
            warnings(testBed, engine);
            if (testBed.device()) {
                testBed.note("warnings of the decision: %s", decision.get("warnings"));
            }
        }
        memoryBack(testBed, before);
    }

    /**
     * Preloads a library into the launcher that initialises CUDA before its main. Without a device the library maps one
     * with the name of the driver, which is also a reason to refuse.
     */
    static void forkRefused(TestBed testBed) throws Exception {
        Path library = testBed.work().resolve("libinitialise.so");
        Path driver = testBed.work().resolve("driver/libcuda.so.1");
        Files.createDirectories(driver.getParent());
        String source = testBed.folder().resolve("initialise.c").toString();
        String output = testBed.output(
                20,
                Map.of(),
                "bash",
                "-c",
                "cc -shared -fPIC -o '%s' '%s' -ldl && echo 'int nothing;' | cc -shared -fPIC -o '%s' -x c -"
                        .formatted(library, source, driver));
        if (!Files.exists(library) || !Files.exists(driver)) {
            testBed.check(false, "the library that initialises CUDA is compiled: %s", output);
            return;
        }
        Map<String, String> preloaded = Map.of(
                "LD_PRELOAD",
                library.toString(),
                "DRIVER_TO_INITIALISE",
                testBed.device() ? "libcuda.so.1" : driver.toString(),
                // Otherwise the launcher would not get these two variables.
                "QUERN_WORKER_ENVIRONMENT",
                "LD_PRELOAD,DRIVER_TO_INITIALISE");
        for (String method : List.of("fork", "forkserver")) {
            try (Engine engine = testBed.start(
                    new EngineSettings(method, testBed.model("random-Q4_0"), SLOTS, CONTEXT).with(preloaded))) {
                JsonNode decision =
                        JSON.readTree(engine.get("/q/quern/decision").getInputStream());
                testBed.check(
                        decision.get("method").asText().equals("spawn"),
                        "%s with an initialised device falls back to %s",
                        method,
                        decision.get("method").asText());
                testBed.note("warnings: %s", decision.get("warnings"));
                testBed.note("revisions: %s", decision.get("revisions"));
                served(testBed, engine, "spawn");
                warnings(testBed, engine);
                ends(testBed, engine);
            }
        }
    }

    /** Checks that SIGTERM ends the service. If it does not, the report shows what its processes wait for. */
    private static void ends(TestBed testBed, Engine engine) throws Exception {
        List<ProcessHandle> processes = engine.service().processes();
        engine.service().process().destroy();
        boolean ended = engine.service().process().waitFor(END);
        testBed.check(ended, "the service ends within %d s of SIGTERM", END.toSeconds());
        if (!ended) {
            for (ProcessHandle process : processes) {
                String state = "cd /proc/%d && tr '\\0' ' ' <cmdline | cut -c 1-200 && cd task && grep . */wchan;"
                        + " grep -E '^(Name|State|SigPnd|ShdPnd|SigBlk|SigIgn|SigCgt)' */status";
                testBed.report().block(testBed.output(5, Map.of(), "bash", "-c", state.formatted(process.pid())));
            }
            processes.forEach(ProcessHandle::destroyForcibly);
        }
    }

    /** Checks that a stream is complete and that the worker was started with this method. */
    static void served(TestBed testBed, Engine engine, String method) throws Exception {
        StreamedAnswer answer =
                new StreamRequest("What is a fork server?", TOKENS, 0, 1).send(engine.service(), "served");
        testBed.check(
                answer.isComplete() && answer.completionTokens == TOKENS,
                "a complete stream of %d tokens, the first text after %.0f ms%s",
                answer.completionTokens,
                answer.chunks.isEmpty() ? -1 : answer.firstTextMillis(),
                answer.isComplete() ? "" : "; " + answer.status + " " + answer.shortError());
        JsonNode worker = engine.pool().at("/workers/0");
        testBed.check(
                worker.path("startMethod").asText().equals(method),
                "the worker was started by %s and computes on %s",
                worker.path("startMethod").asText(),
                worker.path("device").asText());
        engine.logged(READY).forEach(line -> testBed.note("log: %s", line.group()));
    }

    private static JsonNode decision(TestBed testBed, Engine engine, String method) throws IOException {
        JsonNode decision = JSON.readTree(engine.get("/q/quern/decision").getInputStream());
        testBed.check(
                decision.get("method").asText().equals(method),
                "the decision is %s (requested: %s): %s",
                decision.get("method").asText(),
                decision.get("requested").asText(),
                decision.at("/rules/0/message").asText());
        return decision;
    }

    static void warnings(TestBed testBed, Engine engine) {
        List<String> lines =
                engine.logged(WARNING).stream().map(MatchResult::group).toList();
        testBed.note("warnings in the log: %s", lines.isEmpty() ? "none" : "");
        if (!lines.isEmpty()) {
            testBed.report().block(String.join("\n", lines));
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

    /** Returns the used memory of the device in MiB, or 0 without a device. */
    static double used(TestBed testBed) {
        return testBed.device() ? testBed.gpu().usedMebibytes() : 0;
    }

    static void memoryBack(TestBed testBed, double before) throws InterruptedException {
        if (testBed.device()) {
            double millis = Gpu.await(MEMORY_BACK_MILLIS, () -> used(testBed) <= before + Gpu.TOLERANCE);
            testBed.check(
                    millis >= 0,
                    "the GPU's memory is free %.0f ms after the engine ended: %.0f MiB used, %.0f before",
                    millis,
                    used(testBed),
                    before);
        }
    }

    /** Returns the seconds from the start of the service to its first token. */
    static double bootSeconds(Service service) {
        return service.firstToken(Duration.ofMillis(5)).toNanos() / 1e9;
    }
}
