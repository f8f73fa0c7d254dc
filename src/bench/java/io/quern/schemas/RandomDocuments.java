package io.quern.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.SpecVersion.VersionFlag;
import io.quern.bench.Service;
import io.quern.grammar.RandomSchemas;
import io.quern.grammar.Validator;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Asks a model for documents of random schemas at temperature 1, and validates those that ended by themselves. */
public final class RandomDocuments {
    private static final int SLOTS = 4;
    private static final Duration TIMEOUT = Duration.ofMinutes(10);

    /** The keywords of {@link RandomSchemas} that a refusal may name. */
    private static final Set<String> KEYWORDS = Set.of(
            "not",
            "patternProperties",
            "uniqueItems",
            "anyOf",
            "oneOf",
            "allOf",
            "$ref",
            "required",
            "type",
            "enum",
            "const",
            "pattern",
            "format",
            "minimum",
            "maximum",
            "multipleOf",
            "exclusiveMinimum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "prefixItems",
            "items",
            "properties",
            "additionalProperties",
            "minProperties",
            "maxProperties");

    /** How one request ended. */
    private enum Outcome {
        REFUSED,
        STOPPED,
        CUT_OFF,
        WRONG
    }

    /**
     * One request and its result.
     *
     * @param text the document, or the error
     * @param keyword that a refusal names, or an empty text
     */
    private record Result(Outcome outcome, ObjectNode schema, String text, String keyword, int tokens) {
        String line() {
            ObjectNode line = Validator.MAPPER.createObjectNode().put("outcome", outcome.name());
            line.put("tokens", tokens).put("text", text).set("schema", schema);
            return line.toString();
        }
    }

    /** The packaged engine with this number of workers. */
    private record SeveralWorkers(Path home, int workers) implements Service.Kind {
        @Override
        public String title() {
            return "Quern";
        }

        @Override
        public ProcessBuilder command(Path model, int slots, int context, int port) {
            Path jar = Path.of("target/quarkus-app/quarkus-run.jar");
            ProcessBuilder builder = new Service.Quern(jar, home).command(model, slots, context, port);
            builder.environment().put("QUERN_POOL_WORKERS", Integer.toString(workers));
            return builder;
        }
    }

    private final Service service;
    private final int concurrent;
    private final int maxTokens;
    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger done = new AtomicInteger();

    /** @param concurrent number of requests at a time */
    private RandomDocuments(Service service, int concurrent, int maxTokens) {
        this.service = service;
        this.concurrent = concurrent;
        this.maxTokens = maxTokens;
    }

    public static void main(String[] arguments) throws Exception {
        Path model = null;
        int schemas = 1000;
        int maxTokens = 400;
        int seeds = 1;
        int workers = 1;
        Duration atMost = Duration.ofHours(10);
        Path home = null;
        Path answers = null;
        for (String argument : arguments) {
            String value = argument.substring(argument.indexOf('=') + 1);
            switch (argument.substring(0, argument.indexOf('='))) {
                case "--model" -> model = Path.of(value);
                case "--schemas" -> schemas = Integer.parseInt(value);
                case "--seeds" -> seeds = Integer.parseInt(value);
                case "--minutes" -> atMost = Duration.ofMinutes(Long.parseLong(value));
                case "--workers" -> workers = Integer.parseInt(value);
                case "--max-tokens" -> maxTokens = Integer.parseInt(value);
                case "--home" -> home = Path.of(value);
                case "--answers" -> answers = Path.of(value);
                default -> throw new IllegalArgumentException(argument);
            }
        }
        boolean good;
        try (Service service = Service.launch(new SeveralWorkers(home, workers), model, SLOTS, 2048)) {
            service.firstToken(Duration.ofMillis(100));
            RandomDocuments documents = new RandomDocuments(service, SLOTS * workers, maxTokens);
            List<Result> results = documents.ask(schemas, seeds, System.nanoTime() + atMost.toNanos());
            if (answers != null) {
                Files.write(answers, results.stream().map(Result::line).toList());
            }
            good = documents.report(results, seeds);
        }
        System.exit(good ? 0 : 1);
    }

    /** @param end time after which no further document is asked for */
    private List<Result> ask(int schemas, int seeds, long end) throws Exception {
        RandomSchemas random = new RandomSchemas(new Random(2026));
        List<Future<Optional<Result>>> pending = new ArrayList<>();
        List<Result> results = new ArrayList<>();
        try (ExecutorService clients = Executors.newFixedThreadPool(concurrent)) {
            for (int i = 0; i < schemas; i++) {
                ObjectNode schema = random.next();
                for (int j = 0; j < seeds; j++) {
                    int seed = i * seeds + j;
                    pending.add(clients.submit(
                            () -> System.nanoTime() < end ? Optional.of(ask(schema, seed)) : Optional.empty()));
                }
            }
            for (Future<Optional<Result>> result : pending) {
                result.get().ifPresent(results::add);
            }
        }
        return results;
    }

    /** Prints the results of all requests, and returns whether they are good enough. */
    private boolean report(List<Result> results, int seeds) {
        Map<Outcome, Long> counts = new EnumMap<>(Outcome.class);
        Map<String, Integer> keywords = new TreeMap<>();
        int tokens = 0;
        for (Result result : results) {
            counts.merge(result.outcome, 1L, Long::sum);
            tokens += result.tokens;
            if (result.outcome == Outcome.REFUSED) {
                keywords.merge(result.keyword, 1, Integer::sum);
            }
            if (result.outcome == Outcome.WRONG) {
                System.out.println("WRONG " + result.schema + "\n  " + result.text);
            }
        }
        long refused = counts.getOrDefault(Outcome.REFUSED, 0L);
        long accepted = results.size() - refused;
        long stopped = counts.getOrDefault(Outcome.STOPPED, 0L);
        long wrong = counts.getOrDefault(Outcome.WRONG, 0L);
        System.out.printf(
                "%d schemas, %d documents of each: %.1f%% of the schemas accepted; %d of %d documents (%.1f%%) ended with"
                        + " stop, %d were cut off, %d are wrong; %d tokens%n",
                results.size() / seeds,
                seeds,
                100.0 * accepted / results.size(),
                stopped,
                accepted,
                100.0 * stopped / accepted,
                counts.getOrDefault(Outcome.CUT_OFF, 0L),
                wrong,
                tokens);
        System.out.println("refused by keyword: " + keywords);
        return wrong == 0 && accepted >= 0.8 * results.size() && stopped >= 0.6 * accepted;
    }

    private Result ask(ObjectNode schema, int seed) throws Exception {
        HttpResponse<String> response = post(schema, seed, "that matches this schema: " + schema);
        if (response.body().contains("\"context_length_exceeded\"")) {
            response = post(schema, seed, "");
        }
        Result result = result(schema, response.statusCode(), response.body());
        if (done.incrementAndGet() % 100 == 0) {
            System.err.println(done.get() + " documents");
        }
        return result;
    }

    /** @param described the end of the prompt */
    private HttpResponse<String> post(ObjectNode schema, int seed, String described) throws Exception {
        ObjectNode body = Validator.MAPPER.createObjectNode();
        body.putArray("messages").addObject().put("role", "user").put("content", "Write a JSON document " + described);
        body.put("temperature", 1).put("seed", seed).put("max_tokens", maxTokens);
        ObjectNode format = body.putObject("response_format").put("type", "json_schema");
        format.putObject("json_schema").put("name", "random").set("schema", schema);
        return client.send(
                HttpRequest.newBuilder(service.uri("/v1/chat/completions"))
                        .header("content-type", "application/json")
                        .timeout(TIMEOUT)
                        .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static Result result(ObjectNode schema, int status, String body) throws Exception {
        JsonNode answer = Validator.MAPPER.readTree(body);
        if (status == 400) {
            String path = answer.path("error").path("param").asText();
            String keyword = path.substring(path.lastIndexOf('.') + 1);
            boolean named = path.startsWith("response_format.json_schema.schema.") && KEYWORDS.contains(keyword);
            return new Result(named ? Outcome.REFUSED : Outcome.WRONG, schema, body, keyword, 0);
        }
        if (status != 200) {
            return new Result(Outcome.WRONG, schema, body, "", 0);
        }
        JsonNode choice = answer.path("choices").path(0);
        int tokens = answer.path("usage").path("completion_tokens").asInt();
        String document = choice.path("message").path("content").asText();
        if (!choice.path("finish_reason").asText().equals("stop")) {
            return new Result(Outcome.CUT_OFF, schema, document, "", tokens);
        }
        return new Validator(schema, VersionFlag.V202012)
                .problem(document)
                .map(problem -> new Result(Outcome.WRONG, schema, document + ": " + problem, "", tokens))
                .orElseGet(() -> new Result(Outcome.STOPPED, schema, document, "", tokens));
    }
}
