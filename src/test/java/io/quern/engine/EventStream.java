package io.quern.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads a response of server-sent events without a client library. */
final class EventStream implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpResponse<InputStream> response;
    private final BufferedReader reader;
    private boolean done;

    private EventStream(HttpResponse<InputStream> response) {
        this.response = response;
        this.reader = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    static EventStream open(EngineProcess engine, String path, String body) throws IOException, InterruptedException {
        return new EventStream(
                engine.http().send(engine.jsonPost(path, body).build(), HttpResponse.BodyHandlers.ofInputStream()));
    }

    static EventStream get(EngineProcess engine, String path) throws IOException, InterruptedException {
        return new EventStream(engine.http()
                .send(HttpRequest.newBuilder(engine.uri(path)).build(), HttpResponse.BodyHandlers.ofInputStream()));
    }

    int status() {
        return response.statusCode();
    }

    /** Returns the next event's JSON, or null at {@code [DONE]} or the end of the stream. */
    JsonNode next() throws IOException {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (line.startsWith("data:")) {
                String data = line.substring("data:".length()).strip();
                if (data.equals("[DONE]")) {
                    done = true;
                    return null;
                }
                return JSON.readTree(data);
            }
        }
        return null;
    }

    List<JsonNode> rest() throws IOException {
        List<JsonNode> events = new ArrayList<>();
        for (JsonNode event = next(); event != null; event = next()) {
            events.add(event);
        }
        return events;
    }

    /** Returns whether {@code [DONE]} has arrived. */
    boolean done() {
        return done;
    }

    /** Returns the text of all deltas of a chat. */
    static String text(List<JsonNode> events) {
        StringBuilder text = new StringBuilder();
        events.forEach(event -> text.append(event.at("/choices/0/delta/content").asText("")));
        return text.toString();
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
