package io.quern.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Sends requests across three models of which two fit into memory: to random models, the same while workers are killed,
 * and from clients that keep all models busy.
 */
public final class ModelsBench {
    private static final List<String> NAMES = List.of("alpha", "beta", "gamma");
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Duration POLL = Duration.ofMillis(25);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int port = freePort();
    private final int management = freePort();
    private final Map<String, String> options;
    private Process engine;

    private ModelsBench(Map<String, String> options) {
        this.options = options;
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>(Map.of(
                "requests", "200",
                "clients", "8",
                "model", "src/main/resources/io/quern/model/demo/demo.gguf",
                "memory-limit", "400M",
                "busy-timeout", "2s",
                "kill-every", "1500"));
        for (String arg : args) {
            String[] option = arg.replaceFirst("^--", "").split("=", 2);
            options.put(option[0], option[1]);
        }
        System.exit(new ModelsBench(options).run() ? 0 : 1);
    }

    private boolean run() throws Exception {
        Path models = Files.createDirectories(Path.of(options.get("home"), "models"));
        for (String name : NAMES) {
            Files.createLink(models.resolve(name + ".gguf"), copyOf(Path.of(options.get("model")), models));
        }
        try {
            start(models);
            Map<String, String> expected = new HashMap<>();
            for (String name : NAMES) {
                expected.put(name, ask(name, 0).text());
            }
            boolean calm = round("undisturbed", expected, false);
            boolean killed = round("workers killed", expected, true);
            return busy(expected) && calm && killed;
        } finally {
            engine.destroy();
            if (!engine.waitFor(20, TimeUnit.SECONDS)) {
                engine.destroyForcibly();
            }
        }
    }

    /** Hard links need one file system, so the file is copied into the folder once. */
    private static Path copyOf(Path model, Path folder) throws IOException {
        Path copy = folder.resolveSibling("copy.gguf");
        return Files.exists(copy) ? copy : Files.copy(model, copy);
    }

    private void start(Path models) throws Exception {
        Path log = Path.of(options.get("home"), "engine.log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dquern.model=" + models,
                "-Dquern.catalog.memory-limit=" + options.get("memory-limit"),
                "-Dquern.worker.slots=2",
                "-Dquern.worker.context-length=256",
                "-Dquern.worker.state-memory=0",
                "-Dquern.pool.restart.max-restarts=1000",
                "-Dquern.admission.timeout=100s",
                "-Dquern.catalog.busy-timeout=" + options.get("busy-timeout"),
                "-Dquarkus.http.port=" + port,
                "-Dquarkus.management.port=" + management,
                "-jar",
                options.get("jar")));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("QUERN_") || name.startsWith("QUARKUS_"));
        builder.environment().put("QUERN_CALIBRATION_ENABLED", "false");
        builder.environment()
                .put("QUERN_HOME", Path.of(options.get("home"), "quern").toString());
        engine = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(engine::destroyForcibly));
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (!serves()) {
            if (!engine.isAlive() || System.nanoTime() > until) {
                throw new IllegalStateException("the engine does not serve; its log: " + Files.readString(log));
            }
            Thread.sleep(POLL);
        }
    }

    private boolean serves() throws InterruptedException {
        try {
            return get("/q/health/ready").statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + management + path))
                        .timeout(PATIENCE)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode pool() throws IOException, InterruptedException {
        return JSON.readTree(get("/q/quern/pool").body());
    }

    /** What a request got. */
    private record Answer(int status, String text, boolean whole, String last, long millis) {}

    private Answer ask(String model, int number) throws IOException, InterruptedException {
        String body = """
                {"model":"%s","stream":true,"temperature":0,"max_tokens":40,"ignore_eos":true,
                "messages":[{"role":"user","content":"Tell me a story."}]}""".formatted(model);
        long begin = System.nanoTime();
        HttpResponse<Stream<String>> response = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                        .header("content-type", "application/json")
                        .header("x-request-id", "bench-" + number)
                        .timeout(PATIENCE)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofLines());
        StringBuilder text = new StringBuilder();
        String last = "";
        try (Stream<String> lines = response.body()) {
            for (String line : lines.filter(one -> !one.isBlank()).toList()) {
                last = line;
                if (line.startsWith("data: {")) {
                    JsonNode content = JSON.readTree(line.substring("data: ".length()))
                            .path("choices")
                            .path(0)
                            .path("delta")
                            .path("content");
                    text.append(content.asText(""));
                }
            }
        }
        return new Answer(
                response.statusCode(),
                text.toString(),
                last.equals("data: [DONE]"),
                last,
                (System.nanoTime() - begin) / 1_000_000);
    }

    private boolean round(String title, Map<String, String> expected, boolean kills) throws Exception {
        int requests = Integer.parseInt(options.get("requests"));
        int clients = Integer.parseInt(options.get("clients"));
        Round round = round(requests, clients, kills, expected, client -> {
            Random random = new Random(client);
            return () -> NAMES.get(random.nextInt(NAMES.size()));
        });
        System.out.printf(
                "%s: %d requests from %d clients to %d models in %.1f s: %s, %d workers killed%n",
                title, requests, clients, NAMES.size(), round.seconds(), round.text(), round.kills());
        return round.lost() == 0 && round.mostInMemory() <= 2;
    }

    /**
     * Three clients for each model ask all the time, so no model is ever idle. If models did not take turns, the
     * clients of the third would get their first answers after all others had ended.
     */
    private boolean busy(Map<String, String> expected) throws Exception {
        int clients = 3 * NAMES.size();
        int requests = 3 * Integer.parseInt(options.get("requests"));
        Round round = round(requests, clients, false, expected, client -> () -> NAMES.get(client % NAMES.size()));
        System.out.printf(
                "all models busy: %d requests from %d clients in %.1f s: %s, answers %s%n",
                requests, clients, round.seconds(), round.text(), round.answered());
        return round.lost() == 0
                && round.mostInMemory() <= 2
                && round.answered().values().stream().allMatch(number -> number.get() > clients);
    }

    /** What was seen while the clients of one round asked. */
    private record Round(
            double seconds,
            int lost,
            double unloads,
            int mostInMemory,
            int longestMillis,
            int kills,
            Map<String, AtomicInteger> answered) {
        String text() {
            return "%d lost, %.0f unloads, at most %d models in memory, longest answer %.1f s"
                    .formatted(lost, unloads, mostInMemory, longestMillis / 1e3);
        }
    }

    /** @param models returns for each client what chooses the model of its next request */
    private Round round(
            int requests,
            int clients,
            boolean kills,
            Map<String, String> expected,
            IntFunction<Supplier<String>> models)
            throws Exception {
        AtomicInteger next = new AtomicInteger();
        AtomicInteger lost = new AtomicInteger();
        AtomicInteger longest = new AtomicInteger();
        Map<String, AtomicInteger> answered = new TreeMap<>();
        NAMES.forEach(name -> answered.put(name, new AtomicInteger()));
        Watch watch = new Watch(kills);
        Thread watching = Thread.ofPlatform().start(watch);
        double unloadsBefore = metric("quern_model_unloads_total");
        long begin = System.nanoTime();
        try (ExecutorService all = Executors.newFixedThreadPool(clients)) {
            List<Future<?>> running = new ArrayList<>();
            for (int client = 0; client < clients; client++) {
                Supplier<String> choice = models.apply(client);
                running.add(all.submit(() -> {
                    for (int i = next.getAndIncrement(); i < requests; i = next.getAndIncrement()) {
                        String model = choice.get();
                        Answer answer = ask(model, i);
                        longest.accumulateAndGet((int) answer.millis(), Math::max);
                        answered.get(model).incrementAndGet();
                        if (answer.status() != 200
                                || !answer.whole()
                                || !answer.text().equals(expected.get(model))) {
                            lost.incrementAndGet();
                            System.out.printf("lost: request %d to %s: %s%n", i, model, answer);
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
        watch.over = true;
        watching.join();
        return new Round(
                (System.nanoTime() - begin) / 1e9,
                lost.get(),
                metric("quern_model_unloads_total") - unloadsBefore,
                watch.most,
                longest.get(),
                watch.kills,
                answered);
    }

    private double metric(String name) throws IOException, InterruptedException {
        return get("/q/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Counts the models in memory and, in the second round, kills a random worker from time to time. */
    private final class Watch implements Runnable {
        private final boolean killing;
        private final Random random = new Random(7);
        private volatile boolean over;
        private int most;
        private int kills;

        private Watch(boolean killing) {
            this.killing = killing;
        }

        @Override
        public void run() {
            long nextKill = System.nanoTime() + betweenKills().toNanos();
            while (!over) {
                try {
                    JsonNode pool = pool();
                    int loaded = 0;
                    for (JsonNode model : pool.get("models")) {
                        loaded += model.get("workers").isEmpty() ? 0 : 1;
                    }
                    most = Math.max(most, loaded);
                    if (killing && System.nanoTime() > nextKill) {
                        kill(pool.get("workers"));
                        nextKill = System.nanoTime() + betweenKills().toNanos();
                    }
                    Thread.sleep(POLL);
                } catch (IOException e) {
                    System.out.println("cannot read the pool: " + e);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        private void kill(JsonNode workers) {
            List<Long> pids = new ArrayList<>();
            workers.forEach(worker -> {
                // one that never gets ready before its next kill would be restarted after ever longer delays
                if (worker.hasNonNull("pid") && worker.path("state").asText().equals("ready")) {
                    pids.add(worker.get("pid").asLong());
                }
            });
            if (!pids.isEmpty()
                    && ProcessHandle.of(pids.get(random.nextInt(pids.size())))
                            .map(ProcessHandle::destroyForcibly)
                            .orElse(false)) {
                kills++;
            }
        }
    }

    private Duration betweenKills() {
        return Duration.ofMillis(Long.parseLong(options.get("kill-every")));
    }

    private static int freePort() {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
