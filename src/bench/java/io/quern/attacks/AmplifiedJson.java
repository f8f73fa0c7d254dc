package io.quern.attacks;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Sends small values in a field that the engine does not read: parsed into a tree, they take fifty times their length.
 */
final class AmplifiedJson implements Attack {
    private static final int REQUESTS = 4;

    @Override
    public String name() {
        return "amplified-json";
    }

    @Override
    public String tries() {
        return ("A client without a key sends %d bodies of 9.6 MB, {\"x\":[[],[],...]}."
                        + " Health should answer, and the engine should serve.")
                .formatted(REQUESTS);
    }

    @Override
    public Finding run(Target target) throws IOException, InterruptedException {
        Victim victim = target.keyless();
        String body = "{\"prompt\":\"hi\",\"max_tokens\":1,\"x\":[[]" + ",[]".repeat(3_200_000) + "]}";
        int down = 0;
        List<Object> statuses = new ArrayList<>();
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            HttpRequest request = HttpRequest.newBuilder(victim.uri("/v1/completions"))
                    .header("content-type", "application/json")
                    .timeout(Duration.ofSeconds(20))
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            List<CompletableFuture<HttpResponse<Void>>> answers = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                answers.add(client.sendAsync(request, HttpResponse.BodyHandlers.discarding()));
            }
            while (!answers.stream().allMatch(CompletableFuture::isDone)) {
                down += victim.health(Duration.ofSeconds(2)) == 200 ? 0 : 1;
                Thread.sleep(50);
            }
            answers.forEach(
                    answer -> statuses.add(answer.handle((ok, failed) -> failed == null ? ok.statusCode() : "none")
                            .join()));
        }
        int after = victim.chat(Duration.ofSeconds(10));
        boolean errors = victim.log().contains("OutOfMemoryError");
        return Finding.of(
                down == 0 && after == 200 && !errors && !statuses.contains("none") && !statuses.contains(500),
                "answers %s; health down %d times; OutOfMemoryError: %s; a chat afterwards got %d",
                statuses,
                down,
                errors,
                after);
    }
}
