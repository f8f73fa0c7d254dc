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
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Asks a model for documents of random schemas at temperature 1, and validates those that ended by themselves. */
public final class RandomDocuments {
    private static final int CLIENTS = 4;
    private static final Duration TIMEOUT = Duration.ofMinutes(10);

    /** What became of one request. */
    private enum Outcome {
        REFUSED,
        STOPPED,
        CUT_OFF,
        WRONG
    }

    private final Service service;
    private final int maxTokens;
    private final HttpClient client = HttpClient.newHttpClient();

    private RandomDocuments(Service service, int maxTokens) {
        this.service = service;
        this.maxTokens = maxTokens;
    }

    public static void main(String[] arguments) throws Exception {
        Path model = null;
        int schemas = 1000;
        int maxTokens = 400;
        Path home = null;
        for (String argument : arguments) {
            String value = argument.substring(argument.indexOf('=') + 1);
            switch (argument.substring(0, argument.indexOf('='))) {
                case "--model" -> model = Path.of(value);
                case "--schemas" -> schemas = Integer.parseInt(value);
                case "--max-tokens" -> maxTokens = Integer.parseInt(value);
                case "--home" -> home = Path.of(value);
                default -> throw new IllegalArgumentException(argument);
            }
        }
        Service.Quern quern = new Service.Quern(Path.of("target/quarkus-app/quarkus-run.jar"), home);
        Service service = Service.launch(quern, model, CLIENTS, 2048);
        service.firstToken(Duration.ofMillis(100));
        boolean good = new RandomDocuments(service, maxTokens).run(schemas);
        service.process().destroy();
        System.exit(good ? 0 : 1);
    }

    private boolean run(int count) throws Exception {
        RandomSchemas schemas = new RandomSchemas(new Random(2026));
        List<Future<Outcome>> outcomes = new ArrayList<>();
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            for (int i = 0; i < count; i++) {
                int seed = i;
                ObjectNode schema = schemas.next();
                outcomes.add(clients.submit(() -> ask(schema, seed)));
            }
        }
        int[] counts = new int[Outcome.values().length];
        for (Future<Outcome> outcome : outcomes) {
            counts[outcome.get().ordinal()]++;
        }
        int accepted = count - counts[Outcome.REFUSED.ordinal()];
        System.out.printf(
                "%d schemas: %d accepted, %d documents ended with stop, %d were cut off, %d are wrong%n",
                count,
                accepted,
                counts[Outcome.STOPPED.ordinal()],
                counts[Outcome.CUT_OFF.ordinal()],
                counts[Outcome.WRONG.ordinal()]);
        return counts[Outcome.WRONG.ordinal()] == 0
                && accepted >= 0.8 * count
                && counts[Outcome.STOPPED.ordinal()] >= 0.6 * accepted;
    }

    private Outcome ask(ObjectNode schema, int seed) throws Exception {
        ObjectNode body = Validator.MAPPER.createObjectNode();
        body.putArray("messages")
                .addObject()
                .put("role", "user")
                .put("content", "Write a JSON document that matches this schema: " + schema);
        body.put("temperature", 1).put("seed", seed).put("max_tokens", maxTokens);
        ObjectNode format = body.putObject("response_format").put("type", "json_schema");
        format.putObject("json_schema").put("name", "random").set("schema", schema);
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(service.uri("/v1/chat/completions"))
                        .header("content-type", "application/json")
                        .timeout(TIMEOUT)
                        .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        JsonNode answer = Validator.MAPPER.readTree(response.body());
        if (response.statusCode() == 400) {
            String param = answer.path("error").path("param").asText();
            boolean named = param.startsWith("response_format.json_schema.schema.");
            return named ? Outcome.REFUSED : wrong(schema, response.body());
        }
        if (response.statusCode() != 200) {
            return wrong(schema, response.body());
        }
        JsonNode choice = answer.path("choices").path(0);
        if (!choice.path("finish_reason").asText().equals("stop")) {
            return Outcome.CUT_OFF;
        }
        String document = choice.path("message").path("content").asText();
        Optional<String> problem = new Validator(schema, VersionFlag.V202012).problem(document);
        return problem.isEmpty() ? Outcome.STOPPED : wrong(schema, document + ": " + problem.get());
    }

    private static Outcome wrong(ObjectNode schema, String what) {
        System.out.println("WRONG " + schema + "\n  " + what);
        return Outcome.WRONG;
    }
}
