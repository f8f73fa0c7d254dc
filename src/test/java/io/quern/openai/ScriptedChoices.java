package io.quern.openai;

import io.quern.admission.Generation;
import io.quern.admission.Submission;
import io.quern.generation.FinishReason;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationEvent.Failed;
import io.quern.generation.GenerationEvent.Finished;
import io.quern.generation.TokenLogprob;
import io.quern.generation.Usage;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;

/** Serves scripted streams, one for each choice, in the order of their submission. */
abstract class ScriptedChoices {
    static final String CHATS = "/v1/chat/completions";
    static final String COMPLETIONS = "/completion";
    static final String CHAT = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    final ExchangeServer server = new ExchangeServer();
    final List<ScriptedStream> streams = List.of(new ScriptedStream(), new ScriptedStream(), new ScriptedStream());
    final AtomicInteger submissions = new AtomicInteger();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        client.shutdownNow(); // close would wait for answers that never arrive
        server.close();
    }

    Uni<Generation> accept(Submission submission) {
        return streams.get(submissions.getAndIncrement()).accept(submission);
    }

    void submitted(int number) throws Exception {
        for (int i = 0; i < number; i++) {
            streams.get(i).submitted.get(30, TimeUnit.SECONDS);
        }
    }

    void say(int stream, GenerationEvent... events) {
        streams.get(stream).say(events);
        if (events[events.length - 1] instanceof Finished || events[events.length - 1] instanceof Failed) {
            streams.get(stream).end();
        }
    }

    static Finished finished() {
        return finished(FinishReason.STOP, 2);
    }

    static Finished finished(FinishReason reason, int tokens) {
        return new Finished(reason, new Usage(3, tokens));
    }

    static TokenLogprob logprob(int token, String text, float logprob) {
        return new TokenLogprob(token, text.getBytes(StandardCharsets.UTF_8), logprob, List.of());
    }

    static List<String> events(CompletableFuture<HttpResponse<String>> answer) throws Exception {
        return Stream.of(answer.get().body().split("\n\n"))
                .map(event -> event.substring("data: ".length()))
                .toList();
    }

    static List<JsonObject> chunks(List<String> events) {
        return events.stream()
                .filter(event -> !event.equals("[DONE]"))
                .map(JsonObject::new)
                .toList();
    }

    CompletableFuture<HttpResponse<String>> post(String path, String body) {
        return client.sendAsync(
                HttpRequest.newBuilder(server.uri(path))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
