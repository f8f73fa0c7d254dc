package io.quern.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A client of one service. Thread-safe; requests run at the same time, each on its own connection (HTTP/1.1). It
 * follows no redirects, so the key reaches no other service.
 */
public final class OpenAiClient implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(10);

    /** The longest error or list that is read, in bytes. */
    private static final long MAX_BODY = 4 << 20;

    private final Endpoint endpoint;
    private final Duration maxSilence;
    private final HttpClient http;

    /** @param maxSilence how long the service may send nothing before a request fails */
    public OpenAiClient(Endpoint endpoint, Duration maxSilence) {
        this.endpoint = endpoint;
        this.maxSilence = maxSilence;
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT.compareTo(maxSilence) < 0 ? CONNECT : maxSilence)
                .build();
    }

    public Endpoint endpoint() {
        return endpoint;
    }

    /** Returns the names of the served models. Blocks. */
    public List<String> models() throws ClientException, InterruptedException {
        HttpResponse<String> response;
        try {
            response = http.send(request("/models").GET().build(), body());
        } catch (IOException e) {
            throw Failures.of(endpoint, e);
        }
        Failures.check(endpoint, response);
        JsonNode data = Json.parseOrMissing(response.body()).path("data");
        if (!data.isArray()) {
            throw new ClientException(
                    ClientException.Kind.NOT_UNDERSTOOD,
                    endpoint.base() + " does not speak the OpenAI API: /models is not a list.");
        }
        List<String> ids = new ArrayList<>();
        data.forEach(model -> ids.add(model.path("id").asText()));
        return List.copyOf(ids);
    }

    /** Starts a chat completion. Never blocks. */
    public ChatCall chat(ChatRequest request, AnswerListener listener) {
        EventLines lines = new EventLines(listener);
        HttpRequest sent = request("/chat/completions")
                .header("content-type", "application/json")
                .header("accept", "text/event-stream")
                // Quern then sends the place in the queue as comments
                .header("x-queue-position", "true")
                .POST(HttpRequest.BodyPublishers.ofString(request.json()))
                .build();
        BodyHandler<String> streamed = info -> info.statusCode() == 200
                        && ChatCall.isEventStream(
                                info.headers().firstValue("content-type").orElse(""))
                ? BodySubscribers.fromLineSubscriber(lines, ignored -> "", StandardCharsets.UTF_8, null)
                : body().apply(info);
        return new ChatCall(endpoint, lines, http.sendAsync(sent, streamed), maxSilence);
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(endpoint.resolve(path)).timeout(maxSilence);
        endpoint.key().ifPresent(key -> request.header("authorization", "Bearer " + key.value()));
        return request;
    }

    private static BodyHandler<String> body() {
        return BodyHandlers.limiting(BodyHandlers.ofString(), MAX_BODY);
    }

    /** Ends all requests. */
    @Override
    public void close() {
        http.shutdownNow();
    }
}
