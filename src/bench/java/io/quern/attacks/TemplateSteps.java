package io.quern.attacks;

import io.quern.bench.Service;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** A chat template searches for a long text in a longer one. */
final class TemplateSteps implements Attack {
    private static final String QUADRATIC = "{% set a = 'a' * 3000000 %}{% set b = 'a' * 1500000 ~ 'b' %}{{ b in a }}";
    private static final int CHATS = 4;
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    /** Index of the user time in the fields after the thread's name, which ends with a parenthesis. */
    private static final int USER_TIME = 12;

    private static final Duration WATCH_TIME = Duration.ofSeconds(1);

    @Override
    public String name() {
        return "template-steps";
    }

    @Override
    public String tries() {
        return "A model file's chat template takes time that grows with the square of the length of its texts."
                + " After the answers no thread should still render.";
    }

    @Override
    public Finding run(Target target) throws Exception {
        Path model = MaliciousModel.withTemplate(target.newFolder("model").resolve("slow.gguf"), QUADRATIC);
        try (Victim victim = target.launch(List.of(), Map.of("QUERN_MODEL", model.toString()))) {
            victim.awaitCompletions();
            long begin = System.nanoTime();
            List<String> answers = chats(victim);
            double seconds = (System.nanoTime() - begin) / 1e9;
            Map<Path, Long> before = renderers(victim);
            Service.pause(WATCH_TIME);
            long busy = renderers(victim).entrySet().stream()
                    .filter(thread -> thread.getValue() > before.getOrDefault(thread.getKey(), 0L))
                    .count();
            return Finding.of(
                    busy == 0,
                    "%d of %d chats refused after %.1f s; then %d threads still render",
                    answers.stream()
                            .filter(answer -> answer.contains("chat_template_error"))
                            .count(),
                    CHATS,
                    seconds,
                    busy);
        }
    }

    /** Sends several chats at once and returns the bodies of the answers. */
    static List<String> chats(Victim victim) {
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            HttpRequest request = HttpRequest.newBuilder(victim.uri("/v1/chat/completions"))
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":1}"))
                    .timeout(TIMEOUT)
                    .build();
            return Stream.generate(() -> client.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                            .handle((answer, failure) -> failure == null ? answer.body() : ""))
                    .limit(CHATS)
                    .toList()
                    .stream()
                    .map(CompletableFuture::join)
                    .toList();
        }
    }

    /** Returns the processor time, in ticks, of the threads that render templates. */
    private static Map<Path, Long> renderers(Victim victim) throws IOException {
        Map<Path, Long> times = new HashMap<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(victim.pid()), "task"))) {
            for (Path task : tasks.toList()) {
                try {
                    String stat = Files.readString(task.resolve("stat"));
                    if (stat.contains("(quern-template")) {
                        times.put(
                                task,
                                Long.parseLong(
                                        stat.substring(stat.lastIndexOf(')')).split(" ")[USER_TIME]));
                    }
                } catch (NoSuchFileException e) {
                    // The thread has ended.
                }
            }
        }
        return times;
    }
}
