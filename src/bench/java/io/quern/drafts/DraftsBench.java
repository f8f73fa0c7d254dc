package io.quern.drafts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quern.bench.DefaultEngine;
import io.quern.bench.Machine;
import io.quern.bench.Service;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Greedy streams by an engine with drafts and by one without: six by themselves, one after another, then several at
 * once. Their texts must be the same. On request also by llama-server, with its default settings and with its own drafts
 * from the text. All servers run at once and take turns. Prints a table.
 */
public final class DraftsBench {
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /** Between two servers: an engine looks which cores were idle lately before it uses them. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SLOTS = 8;
    private static final int CONTEXT = 1024;

    private static final String PARAGRAPH =
            "The quern is a stone hand mill. It has two stones, an upper one and a lower"
                    + " one. The upper stone is turned by hand with a wooden handle, and grain is poured into the hole in its"
                    + " middle. Flour comes out at the edge. People have used querns for more than ten thousand years.";

    /** The questions of each row. Some answers quote their questions or repeat themselves, and some do not. */
    private static final Map<String, List<String>> QUESTIONS = questions();

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int tokens;

    private DraftsBench(int tokens) {
        this.tokens = tokens;
    }

    private static Map<String, List<String>> questions() {
        String story = "Tell me a story about a fox.";
        String explanation = "Explain how a compiler works to a student.";
        String summary = "Summarise this text in three sentences: " + PARAGRAPH;
        String otherWords = "Repeat this text, but replace 'quern' by 'mill': " + PARAGRAPH;
        String json = "Write a JSON array of ten objects with name, age and city.";
        String code = "Add a docstring to this function and repeat it:\ndef mean(values):\n    total = 0\n"
                + "    for value in values:\n        total += value\n    return total / len(values)\n";
        Map<String, List<String>> questions = new LinkedHashMap<>();
        questions.put("a story", List.of(story));
        questions.put("an explanation", List.of(explanation));
        questions.put("a summary", List.of(summary));
        questions.put("a text with other words", List.of(otherWords));
        questions.put("JSON", List.of(json));
        questions.put("code that is changed", List.of(code));
        questions.put("explanation and JSON at once", List.of(explanation, json));
        questions.put("story, explanation, JSON and code at once", List.of(story, explanation, json, code));
        questions.put("all six at once", List.of(story, explanation, summary, otherWords, json, code));
        return questions;
    }

    /** llama-server with drafts of the same length from the last three tokens. */
    private record Drafting(Service.LlamaServer plain) implements Service.Kind {
        @Override
        public String title() {
            return "llama-server with drafts";
        }

        @Override
        public ProcessBuilder command(Path model, int slots, int context, int port) {
            ProcessBuilder builder = plain.command(model, slots, context, port);
            builder.command()
                    .addAll(List.of(
                            "--spec-type",
                            "ngram-simple",
                            "--spec-ngram-simple-size-n",
                            "3",
                            "--spec-ngram-simple-size-m",
                            "7"));
            return builder;
        }
    }

    /**
     * The answers to all questions of a row.
     *
     * @param seconds from the first request to the end of the last answer
     */
    private record Answer(List<String> texts, int tokens, double seconds) {}

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>(Map.of("tokens", "200", "rounds", "5", "llama-server", ""));
        for (String arg : args) {
            String[] option = arg.replaceFirst("^--", "").split("=", 2);
            options.put(option[0], option[1]);
        }
        System.exit(new DraftsBench(Integer.parseInt(options.get("tokens"))).run(options) ? 0 : 1);
    }

    private boolean run(Map<String, String> options) throws Exception {
        Path quern = Path.of(options.get("quern"));
        Path home = Path.of(options.get("home"));
        Path model = Path.of(options.get("model"));
        List<Service.Kind> kinds = new ArrayList<>(List.of(
                new DefaultEngine(
                        quern,
                        home.resolve("without"),
                        "Quern without drafts",
                        Map.of("QUERN_WORKER_DRAFT_TOKENS", "0")),
                new DefaultEngine(quern, home.resolve("with"))));
        if (!options.get("llama-server").isEmpty()) {
            var llama = new Service.LlamaServer(
                    Path.of(options.get("llama-server")), Runtime.getRuntime().availableProcessors());
            kinds.addAll(List.of(llama, new Drafting(llama)));
        }
        List<Service> services = new ArrayList<>();
        try {
            for (Service.Kind kind : kinds) {
                Service service = Service.launch(kind, model, SLOTS, CONTEXT);
                services.add(service);
                service.firstToken(Duration.ofMillis(50));
            }
            return compare(kinds, services, Integer.parseInt(options.get("rounds")), model);
        } finally {
            services.forEach(Service::close);
        }
    }

    private boolean compare(List<Service.Kind> kinds, List<Service> services, int rounds, Path model)
            throws IOException {
        System.out.printf(
                "%s, answers of up to %d tokens, medians of %d, %s%n%n",
                model.getFileName(), tokens, rounds, Machine.description());
        List<String> titles = kinds.stream().map(Service.Kind::title).toList();
        System.out.println("| answer | tokens | " + String.join(", tokens/s | ", titles)
                + ", tokens/s | with drafts / without | same text |"
                + (kinds.size() > 2 ? " llama-server: same text |" : ""));
        System.out.println("|---|---|" + "---|".repeat(kinds.size() + 2 + (kinds.size() > 2 ? 1 : 0)));
        // a JVM's code is slow until it is compiled
        for (int i = 0; i < 3; i++) {
            for (Service service : services) {
                ask(service, List.of("Tell me about number " + i + "."));
            }
        }
        boolean same = true;
        for (Map.Entry<String, List<String>> question : QUESTIONS.entrySet()) {
            List<List<Answer>> answers = new ArrayList<>();
            services.forEach(service -> answers.add(new ArrayList<>()));
            for (int round = 0; round < rounds; round++) {
                for (int i = 0; i < services.size(); i++) {
                    int turn = (i + round) % services.size();
                    Service.pause(PAUSE);
                    answers.get(turn).add(ask(services.get(turn), question.getValue()));
                }
            }
            List<Double> speeds = answers.stream().map(DraftsBench::median).toList();
            boolean alike = alike(answers.subList(0, 2));
            same &= alike;
            StringBuilder row = new StringBuilder("| %s | %d |"
                    .formatted(question.getKey(), answers.getFirst().getFirst().tokens()));
            speeds.forEach(speed -> row.append(" %.0f |".formatted(speed)));
            row.append(" %.2f | %s |".formatted(speeds.get(1) / speeds.get(0), alike ? "yes" : "**no**"));
            if (kinds.size() > 2) {
                boolean theirs = alike(answers.subList(2, 4));
                row.append(theirs ? " yes |" : " no |");
            }
            System.out.println(row);
        }
        return same;
    }

    private static boolean alike(List<List<Answer>> answers) {
        return answers.stream()
                        .flatMap(List::stream)
                        .map(Answer::texts)
                        .distinct()
                        .count()
                == 1;
    }

    private static double median(List<Answer> answers) {
        List<Double> speeds = answers.stream()
                .map(answer -> answer.tokens() / answer.seconds())
                .sorted()
                .toList();
        return speeds.get(speeds.size() / 2);
    }

    private Answer ask(Service service, List<String> questions) throws IOException {
        long begin = System.nanoTime();
        List<CompletableFuture<HttpResponse<String>>> responses = new ArrayList<>();
        for (String question : questions) {
            responses.add(http.sendAsync(request(service, question), HttpResponse.BodyHandlers.ofString()));
        }
        List<String> texts = new ArrayList<>();
        int sum = 0;
        for (CompletableFuture<HttpResponse<String>> future : responses) {
            HttpResponse<String> response = future.join();
            if (response.statusCode() != 200) {
                throw new IOException(response.statusCode() + " " + response.body());
            }
            JsonNode answer = JSON.readTree(response.body());
            texts.add(answer.at("/choices/0/message/content").asText());
            sum += answer.at("/usage/completion_tokens").asInt();
        }
        return new Answer(texts, sum, (System.nanoTime() - begin) / 1e9);
    }

    private HttpRequest request(Service service, String question) throws IOException {
        ObjectNode body = JSON.createObjectNode().put("max_tokens", tokens).put("temperature", 0);
        body.putArray("messages").addObject().put("role", "user").put("content", question);
        return HttpRequest.newBuilder(service.uri("/v1/chat/completions"))
                .header("content-type", "application/json")
                .timeout(PATIENCE)
                .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
                .build();
    }
}
