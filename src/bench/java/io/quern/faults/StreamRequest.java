package io.quern.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quern.bench.Service;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A streamed chat request for exactly so many tokens, behind the end of generation too.
 *
 * @param temperature 0: greedy
 */
public record StreamRequest(String question, int tokens, double temperature, int seed) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DATA = "data: ";
    private static final int READ_MILLIS = 120_000;

    /** So many, each with a question (and a seed) of its own. */
    public static List<StreamRequest> several(int count, int tokens, double temperature) {
        List<StreamRequest> stories = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            stories.add(new StreamRequest(
                    "Guest " + i + " asks: what does the sea tell the mountains?", tokens, temperature, 1000 + i));
        }
        return stories;
    }

    byte[] body() {
        ObjectNode body = JSON.createObjectNode();
        body.putArray("messages").addObject().put("role", "user").put("content", question);
        body.put("max_tokens", tokens).put("ignore_eos", true);
        body.put("temperature", temperature).put("seed", seed);
        body.put("stream", true).putObject("stream_options").put("include_usage", true);
        return body.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Asks and reads to the end, whatever it is: what went wrong is in the answer. */
    public StreamedAnswer tell(Service service, String id) {
        return tell(service, id, () -> {});
    }

    /** @param heard told of each chunk with text, as it comes, on the calling thread */
    StreamedAnswer tell(Service service, String id, Runnable heard) {
        StreamedAnswer told = new StreamedAnswer(id, heard);
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    service.uri("/v1/chat/completions").toURL().openConnection();
            connection.setRequestMethod("POST");
            connection.setRequestProperty("content-type", "application/json");
            connection.setRequestProperty("x-request-id", id);
            connection.setReadTimeout(READ_MILLIS);
            connection.setDoOutput(true);
            byte[] body = body();
            connection.setFixedLengthStreamingMode(body.length);
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
            told.status = connection.getResponseCode();
            told.retryAfter = connection.getHeaderField("retry-after");
            told.shouldRetry = connection.getHeaderField("x-should-retry");
            if (told.status != 200) {
                try (InputStream in = connection.getErrorStream()) {
                    told.error = in == null ? "no body" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
                }
                return told;
            }
            try (BufferedReader in =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    if (line.startsWith(DATA)) {
                        event(told, line.substring(DATA.length()));
                    }
                }
            }
        } catch (IOException e) {
            told.error = e.toString();
        }
        return told;
    }

    private static void event(StreamedAnswer told, String data) throws IOException {
        if (data.equals("[DONE]")) {
            told.done = true;
            return;
        }
        JsonNode event = JSON.readTree(data);
        if (event.hasNonNull("error")) {
            told.error = event.get("error").toString();
        }
        String delta = event.at("/choices/0/delta/content").asText("");
        if (!delta.isEmpty()) {
            told.chunk(delta);
        }
        if (event.hasNonNull("usage")) {
            told.promptTokens = event.at("/usage/prompt_tokens").asInt();
            told.completionTokens = event.at("/usage/completion_tokens").asInt();
        }
    }
}
