package io.quern.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quern.bench.Service;
import io.quern.grammar.Validator;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Compares the token rate of the service with a typical schema and without one, in turns. An answer without a schema
 * gets as many tokens as the one with it had. Exits with 1 if the median ratio of any case is below 0.8.
 */
public final class SchemaRate {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final int MAX_TOKENS = 200;
    private static final double LEAST = 0.8;

    private static final String PERSON = """
            {"type": "object",
             "properties": {
               "name": {"type": "string"},
               "age": {"type": "integer", "minimum": 0, "maximum": 150},
               "email": {"type": "string", "format": "email"},
               "address": {
                 "type": "object",
                 "properties": {
                   "street": {"type": "string"},
                   "city": {"type": "string"},
                   "zip": {"type": "string", "pattern": "^[0-9]{5}$"}},
                 "required": ["street", "city", "zip"],
                 "additionalProperties": false},
               "hobbies": {"type": "array", "items": {"type": "string"}, "maxItems": 5},
               "note": {"type": ["string", "null"]}},
             "required": ["name", "age", "address", "hobbies"],
             "additionalProperties": false}
            """;

    /** The tokens of some answers, and how long they took together. */
    private record Measured(int tokens, long nanos) {
        double rate() {
            return tokens * 1e9 / nanos;
        }
    }

    private final Service service;
    private final HttpClient client = HttpClient.newHttpClient();

    private SchemaRate(Service service) {
        this.service = service;
    }

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]);
        int rounds = Integer.parseInt(arguments[1]);
        Path model = arguments.length > 2 ? Path.of(arguments[2]) : null;
        Service.Quern quern = new Service.Quern(Path.of("target/quarkus-app/quarkus-run.jar"), home);
        boolean good = true;
        try (Service service = Service.launch(quern, model, 4, 2048)) {
            service.firstToken(Duration.ofMillis(100));
            SchemaRate rate = new SchemaRate(service);
            for (int streams : new int[] {1, 4}) {
                for (double temperature : new double[] {0, 1}) {
                    good &= rate.compare(rounds, streams, temperature);
                }
            }
        }
        System.exit(good ? 0 : 1);
    }

    private boolean compare(int rounds, int streams, double temperature) throws Exception {
        double[] constrained = new double[rounds];
        double[] free = new double[rounds];
        double[] ratios = new double[rounds];
        for (int round = -1; round < rounds; round++) {
            List<Integer> lengths = new ArrayList<>();
            Measured with = measure(streams, temperature, round, lengths, true);
            Measured without = measure(streams, temperature, round, lengths, false);
            if (round >= 0) {
                constrained[round] = with.rate();
                free[round] = without.rate();
                ratios[round] = with.rate() / without.rate();
            }
        }
        System.out.printf(
                "%d streams, temperature %.0f: %.0f tokens/s with the schema, %.0f without, median ratio %.2f%n",
                streams, temperature, median(constrained), median(free), median(ratios));
        return median(ratios) >= LEAST;
    }

    /** @param lengths the tokens of each stream: written with a schema, and read without one */
    private Measured measure(int streams, double temperature, int round, List<Integer> lengths, boolean schema)
            throws Exception {
        List<Future<Integer>> answers = new ArrayList<>();
        long begin = System.nanoTime();
        try (ExecutorService clients = Executors.newFixedThreadPool(streams)) {
            for (int i = 0; i < streams; i++) {
                ObjectNode body = body(temperature, 100L * (round + 1) + i);
                if (schema) {
                    body.putObject("response_format")
                            .put("type", "json_schema")
                            .putObject("json_schema")
                            .put("name", "person")
                            .set("schema", Validator.MAPPER.readTree(PERSON));
                    body.put("max_tokens", MAX_TOKENS);
                } else {
                    body.put("ignore_eos", true).put("max_tokens", lengths.get(i));
                }
                answers.add(clients.submit(() -> tokens(body)));
            }
        }
        int tokens = 0;
        for (Future<Integer> answer : answers) {
            if (schema) {
                lengths.add(answer.get());
            }
            tokens += answer.get();
        }
        return new Measured(tokens, System.nanoTime() - begin);
    }

    private static ObjectNode body(double temperature, long seed) {
        ObjectNode body = Validator.MAPPER
                .createObjectNode()
                .put("temperature", temperature)
                .put("seed", seed);
        body.putArray("messages")
                .addObject()
                .put("role", "user")
                .put(
                        "content",
                        "Describe a person as JSON with name, age, email, address (street, city, zip), hobbies and a note.");
        return body;
    }

    private int tokens(ObjectNode body) throws Exception {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(service.uri("/v1/chat/completions"))
                        .header("content-type", "application/json")
                        .timeout(TIMEOUT)
                        .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        JsonNode answer = Validator.MAPPER.readTree(response.body());
        if (response.statusCode() != 200) {
            throw new IllegalStateException(response.body());
        }
        return answer.path("usage").path("completion_tokens").asInt();
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
