package io.quern.prefixes;

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
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Streams with a long common beginning arrive at the same time: without any reuse of prompts, after one request with that
 * beginning, right after all workers were killed, and with the API key of somebody else. Prints a table of the times to
 * the first token.
 */
public final class PrefixesBench {
    private static final Duration PATIENCE = Duration.ofSeconds(240);
    private static final Duration POLL = Duration.ofMillis(25);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String RULE = "You answer questions about mills in one short sentence. "
            + "You know grain, stones, sieves, wind and water, and you never speak about anything else. ";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int port = freePort();
    private final int management = freePort();
    private final Map<String, String> options;
    private Process engine;

    private PrefixesBench(Map<String, String> options) {
        this.options = options;
    }

    /** What a stream got. */
    private record Answer(String text, int promptTokens, int cachedTokens, double firstMillis) {}

    /** One row of the table. */
    private record Row(String name, List<Answer> answers) {
        double median() {
            List<Double> sorted =
                    answers.stream().map(Answer::firstMillis).sorted().toList();
            return sorted.get(sorted.size() / 2);
        }

        double longest() {
            return answers.stream().mapToDouble(Answer::firstMillis).max().orElseThrow();
        }

        long cached() {
            return answers.stream().mapToLong(Answer::cachedTokens).sum();
        }

        List<String> texts() {
            return answers.stream().map(Answer::text).toList();
        }
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options =
                new HashMap<>(Map.of("streams", "16", "workers", "2", "repeat", "14", "tokens", "16"));
        for (String arg : args) {
            String[] option = arg.replaceFirst("^--", "").split("=", 2);
            options.put(option[0], option[1]);
        }
        System.exit(run(options) ? 0 : 1);
    }

    private static boolean run(Map<String, String> options) throws Exception {
        Row cold;
        try (Engine none = new PrefixesBench(options).start(Map.of("QUERN_PREFIX_SCOPE", "none"))) {
            none.bench().ask("one", 99);
            cold = none.bench().row("nothing is shared", "one");
        }
        List<Row> rows = new ArrayList<>(List.of(cold));
        int foreign;
        try (Engine shared = new PrefixesBench(options).start(Map.of())) {
            PrefixesBench bench = shared.bench();
            Answer first = bench.ask("one", 99);
            System.out.printf(
                    "%d tokens a prompt; the first request had its first token after %.0f ms%n",
                    first.promptTokens(), first.firstMillis());
            rows.add(bench.row("after one request", "one"));
            bench.killWorkers();
            rows.add(bench.row("after kill -9 of every worker", "one"));
            // the first of another key decides: later ones share with it
            foreign = bench.ask("two", 0).cachedTokens();
        }
        return report(rows, foreign);
    }

    private static boolean report(List<Row> rows, int foreign) {
        Row cold = rows.getFirst();
        System.out.println();
        System.out.println("| streams | median time to the first token | longest | times faster | tokens not computed"
                + " | same texts |");
        System.out.println("|---|---|---|---|---|---|");
        boolean good = foreign == 0;
        for (Row row : rows) {
            boolean same = row.texts().equals(cold.texts());
            good &= same && (row == cold || row.cached() > 0);
            System.out.printf(
                    "| %s | %.0f ms | %.0f ms | %.1f | %d | %s |%n",
                    row.name(),
                    row.median(),
                    row.longest(),
                    cold.median() / row.median(),
                    row.cached(),
                    same ? "yes" : "**no**");
        }
        System.out.printf("%nanother API key reused %d tokens%n", foreign);
        return good;
    }

    private record Engine(PrefixesBench bench) implements AutoCloseable {
        @Override
        public void close() throws InterruptedException {
            bench.engine.destroy();
            if (!bench.engine.waitFor(20, TimeUnit.SECONDS)) {
                bench.engine.destroyForcibly();
            }
        }
    }

    private Engine start(Map<String, String> more) throws Exception {
        Path home = Path.of(options.get("home"));
        Path log = home.resolve("engine.log");
        int slots = Math.ceilDiv(Integer.parseInt(options.get("streams")), Integer.parseInt(options.get("workers")));
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dquern.model=" + options.get("model"),
                        "-Dquern.pool.workers=" + options.get("workers"),
                        "-Dquern.worker.threads=1",
                        "-Dquern.worker.slots=" + slots,
                        "-Dquern.worker.context-length=1024",
                        "-Dquern.openai.api-keys=one,two",
                        "-Dquarkus.http.port=" + port,
                        "-Dquarkus.management.port=" + management,
                        "-jar",
                        options.get("jar"))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("QUERN_") || name.startsWith("QUARKUS_"));
        builder.environment().put("QUERN_CALIBRATION_ENABLED", "false");
        builder.environment().put("QUERN_HOME", home.resolve("quern").toString());
        builder.environment().putAll(more);
        engine = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(engine::destroyForcibly));
        awaitWorkers(List.of());
        return new Engine(this);
    }

    /** Waits until all workers are ready, and none of them is an old one. */
    private void awaitWorkers(List<Long> old) throws Exception {
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            List<Long> ready = readyWorkers();
            if (ready.size() == Integer.parseInt(options.get("workers"))
                    && ready.stream().noneMatch(old::contains)) {
                return;
            }
            if (!engine.isAlive() || System.nanoTime() > until) {
                throw new IllegalStateException("the engine does not serve; its log: "
                        + Files.readString(Path.of(options.get("home"), "engine.log")));
            }
            Thread.sleep(POLL);
        }
    }

    private List<Long> readyWorkers() throws InterruptedException {
        List<Long> ready = new ArrayList<>();
        try {
            HttpResponse<String> pool = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + management + "/q/quern/pool"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            for (JsonNode worker : JSON.readTree(pool.body()).path("workers")) {
                if (worker.path("state").asText().equals("ready")) {
                    ready.add(worker.get("pid").asLong());
                }
            }
        } catch (IOException notYet) {
            return List.of();
        }
        return ready;
    }

    private void killWorkers() throws Exception {
        List<Long> workers = readyWorkers();
        workers.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
        awaitWorkers(workers);
    }

    /** Starts all streams at the same time. */
    private Row row(String name, String key) throws Exception {
        int streams = Integer.parseInt(options.get("streams"));
        try (ExecutorService all = Executors.newFixedThreadPool(streams)) {
            List<Future<Answer>> running = new ArrayList<>();
            for (int i = 0; i < streams; i++) {
                int number = i;
                running.add(all.submit(() -> ask(key, number)));
            }
            List<Answer> answers = new ArrayList<>();
            for (Future<Answer> one : running) {
                answers.add(one.get());
            }
            return new Row(name, answers);
        }
    }

    private Answer ask(String key, int number) throws IOException, InterruptedException {
        String system = RULE.repeat(Integer.parseInt(options.get("repeat")));
        String body = """
                {"stream":true,"temperature":0,"max_tokens":%s,"ignore_eos":true,
                "stream_options":{"include_usage":true},
                "messages":[{"role":"system","content":"%s"},{"role":"user","content":"Question %d: what is a quern?"}]}""".formatted(options.get("tokens"), system, number);
        long begin = System.nanoTime();
        HttpResponse<Stream<String>> response = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                        .header("content-type", "application/json")
                        .header("authorization", "Bearer " + key)
                        .timeout(PATIENCE)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofLines());
        StringBuilder text = new StringBuilder();
        double first = Double.NaN;
        JsonNode usage = JSON.missingNode();
        try (Stream<String> lines = response.body()) {
            for (Iterator<String> all = lines.iterator(); all.hasNext(); ) {
                String line = all.next();
                if (!line.startsWith("data: {")) {
                    continue;
                }
                JsonNode event = JSON.readTree(line.substring("data: ".length()));
                String content = event.at("/choices/0/delta/content").asText("");
                if (!content.isEmpty() && Double.isNaN(first)) {
                    first = (System.nanoTime() - begin) / 1e6;
                }
                text.append(content);
                usage = event.path("usage").isObject() ? event.get("usage") : usage;
            }
        }
        if (response.statusCode() != 200 || !usage.isObject()) {
            throw new IOException("no whole answer: " + response.statusCode() + " " + text);
        }
        return new Answer(
                text.toString(),
                usage.get("prompt_tokens").asInt(),
                usage.at("/prompt_tokens_details/cached_tokens").asInt(0),
                first);
    }

    private static int freePort() {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
