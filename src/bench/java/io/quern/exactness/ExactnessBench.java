package io.quern.exactness;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quern.bench.Machine;
import io.quern.bench.PackagedEngine;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Compares greedy streams that run together, and while a worker is killed, with the same streams by themselves. */
public final class ExactnessBench {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Prompts of different lengths, so that no two streams are in step. */
    private static final List<String> SUBJECTS = List.of(
            "a quern",
            "the sea at night",
            "boiling an egg without a clock",
            "why the sky is blue",
            "rain",
            "a fox",
            "compilers",
            "a river in Africa and another one in Asia",
            "counting",
            "an old sailor who has seen too much of the sea",
            "bread",
            "the moon",
            "three colours that go well together on a wooden door",
            "snow",
            "chess",
            "how to mend a wall");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Map<String, String> options;

    private ExactnessBench(Map<String, String> options) {
        this.options = options;
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>(Map.of(
                "streams",
                "16",
                "tokens",
                "120",
                "invariance",
                "auto,on",
                "flash-attention",
                "auto",
                "threads",
                "auto"));
        List<Path> models = new ArrayList<>();
        for (String arg : args) {
            if (arg.startsWith("--")) {
                String[] option = arg.substring(2).split("=", 2);
                options.put(option[0], option[1]);
            } else {
                models.add(Path.of(arg).toAbsolutePath());
            }
        }
        if (models.isEmpty()) {
            throw new IllegalArgumentException("name at least one GGUF file");
        }
        System.exit(new ExactnessBench(options).run(models) ? 0 : 1);
    }

    private boolean run(List<Path> models) throws Exception {
        System.out.printf(
                "%s streams of %s tokens, %s threads, %s%n%n",
                options.get("streams"), options.get("tokens"), options.get("threads"), Machine.description());
        System.out.println("| model | batch invariance | the engine says | all at once | with kill -9 |"
                + " tokens/s, one stream | all |");
        System.out.println("|---|---|---|---|---|---|---|");
        boolean kept = true;
        for (Path model : models) {
            for (String invariance : options.get("invariance").split(",")) {
                try (Engine engine = new Engine(model, invariance)) {
                    kept &= row(model, invariance, engine);
                }
            }
        }
        return kept;
    }

    private boolean row(Path model, String invariance, Engine engine) throws Exception {
        int streams = Integer.parseInt(options.get("streams"));
        long begin = System.nanoTime();
        List<String> alone = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            alone.add(engine.ask(i, () -> {}));
        }
        double one = rate(streams, begin);
        begin = System.nanoTime();
        int together = same(alone, engine.all(streams, () -> {}));
        double all = rate(streams, begin);
        int survived = same(alone, engine.all(streams, engine.killOnce(streams)));
        boolean stable =
                engine.engine.pool().path("textStability").path("stable").asBoolean();
        System.out.printf(
                "| %s | %s | %s | %d of %d | %d of %d | %.0f | %.0f |%n",
                model.getFileName(),
                invariance,
                stable ? "stable" : "may differ",
                together,
                streams,
                survived,
                streams,
                one,
                all);
        if (engine.engine.pool().path("workers").path(0).path("restarts").asInt() == 0) {
            System.out.println("no worker was restarted, so the kill did not count");
            return false;
        }
        return !stable || together == streams && survived == streams;
    }

    private double rate(int streams, long begin) {
        return streams * Double.parseDouble(options.get("tokens")) / ((System.nanoTime() - begin) / 1e9);
    }

    private static int same(List<String> expected, List<String> texts) {
        return (int) IntStream.range(0, expected.size())
                .filter(i -> expected.get(i).equals(texts.get(i)))
                .count();
    }

    /** A packaged engine with one worker. */
    private final class Engine implements AutoCloseable {
        private final PackagedEngine engine;

        Engine(Path model, String invariance) throws Exception {
            engine = new PackagedEngine(
                    Path.of(options.get("jar")),
                    Path.of(options.get("home")),
                    Map.of(
                            "quern.model",
                            model.toString(),
                            "quern.pool.workers",
                            "1",
                            "quern.worker.slots",
                            options.get("streams"),
                            "quern.worker.context-length",
                            "512",
                            "quern.worker.threads",
                            options.get("threads"),
                            "quern.worker.flash-attention",
                            options.get("flash-attention"),
                            "quern.worker.batch-invariance",
                            invariance,
                            // what was generated is replayed, not copied
                            "quern.worker.state-memory",
                            "0"),
                    PATIENCE);
            engine.awaitReady();
        }

        /** @param onToken runs after each piece of the text */
        String ask(int number, Runnable onToken) throws IOException, InterruptedException {
            ObjectNode body = JSON.createObjectNode()
                    .put("prompt", "Write about " + SUBJECTS.get(number % SUBJECTS.size()) + ", part " + number + ".")
                    .put("stream", true)
                    .put("temperature", 0)
                    .put("ignore_eos", true)
                    .put("max_tokens", Integer.parseInt(options.get("tokens")));
            HttpResponse<Stream<String>> response = http.send(
                    HttpRequest.newBuilder(engine.api("/v1/completions"))
                            .timeout(PATIENCE)
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                            .build(),
                    HttpResponse.BodyHandlers.ofLines());
            StringBuilder text = new StringBuilder();
            boolean whole = false;
            try (Stream<String> lines = response.body()) {
                for (String line : (Iterable<String>) lines::iterator) {
                    if (line.equals("data: [DONE]")) {
                        whole = true;
                    } else if (line.startsWith("data: ")) {
                        text.append(JSON.readTree(line.substring(6))
                                .path("choices")
                                .path(0)
                                .path("text")
                                .asText());
                        onToken.run();
                    }
                }
            }
            if (!whole) {
                throw new IOException("stream " + number + " ended early, with status " + response.statusCode());
            }
            return text.toString();
        }

        List<String> all(int streams, Runnable onToken) throws Exception {
            try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<String>> running = IntStream.range(0, streams)
                        .mapToObj(i -> clients.submit(() -> ask(i, onToken)))
                        .toList();
                List<String> texts = new ArrayList<>();
                for (Future<String> stream : running) {
                    texts.add(stream.get());
                }
                return texts;
            }
        }

        /** Kills the worker when a third of all tokens has arrived. */
        Runnable killOnce(int streams) {
            int third = streams * Integer.parseInt(options.get("tokens")) / 3;
            AtomicInteger tokens = new AtomicInteger();
            return () -> {
                if (tokens.incrementAndGet() == third) {
                    kill();
                }
            };
        }

        private void kill() {
            try {
                long worker = engine.pool().path("workers").path(0).path("pid").asLong();
                ProcessHandle.of(worker).orElseThrow().destroyForcibly();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() throws InterruptedException {
            engine.close();
        }
    }
}
