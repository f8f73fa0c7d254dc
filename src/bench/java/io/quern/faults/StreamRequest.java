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
 * A streamed chat request for exactly {@code tokens} tokens, even if the model would end earlier.
 *
 * @param temperature 0 for greedy sampling
 * @param more further fields of the body, a JSON object
 */
public record StreamRequest(String question, int tokens, double temperature, int seed, String more) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DATA = "data: ";
    private static final int READ_MILLIS = 120_000;

    public StreamRequest(String question, int tokens, double temperature, int seed) {
        this(question, tokens, temperature, seed, "{}");
    }

    /** Makes {@code count} requests, each with its own question and seed. */
    public static List<StreamRequest> several(int count, int tokens, double temperature) {
        List<StreamRequest> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            requests.add(new StreamRequest(
                    "Guest " + i + " asks: what does the sea tell the mountains?", tokens, temperature, 1000 + i));
        }
        return requests;
    }

    /**
     * Makes one greedy and one sampled request for each of these further fields.
     *
     * @param more JSON objects
     */
    static List<StreamRequest> each(List<String> more, int tokens) {
        List<StreamRequest> requests = new ArrayList<>();
        for (String fields : more) {
            for (double temperature : new double[] {0, 0.8}) {
                int number = requests.size();
                requests.add(new StreamRequest(
                        "Guest " + number + " asks: what is a worker?", tokens, temperature, 1000 + number, fields));
            }
        }
        return requests;
    }

    byte[] body() {
        ObjectNode body = JSON.createObjectNode();
        body.putArray("messages").addObject().put("role", "user").put("content", question);
        body.put("max_tokens", tokens).put("ignore_eos", true);
        body.put("temperature", temperature).put("seed", seed);
        body.put("stream", true).putObject("stream_options").put("include_usage", true);
        try {
            body.setAll((ObjectNode) JSON.readTree(more));
        } catch (IOException e) {
            throw new IllegalArgumentException(more, e);
        }
        return body.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Sends the request and reads the answer to its end. Errors are part of the answer. */
    public StreamedAnswer send(Service service, String id) {
        return send(service, id, () -> {});
    }

    /**
     * Sends the request and reads the answer to its end.
     *
     * @param onChunk runs at each chunk with text, on the calling thread
     */
    StreamedAnswer send(Service service, String id, Runnable onChunk) {
        StreamedAnswer answer = new StreamedAnswer(id, onChunk);
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
            answer.status = connection.getResponseCode();
            answer.retryAfter = connection.getHeaderField("retry-after");
            answer.shouldRetry = connection.getHeaderField("x-should-retry");
            if (answer.status != 200) {
                try (InputStream in = connection.getErrorStream()) {
                    answer.error = in == null ? "no body" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
                }
                return answer;
            }
            try (BufferedReader in =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    if (line.startsWith(DATA)) {
                        event(answer, line.substring(DATA.length()));
                    }
                }
            }
        } catch (IOException e) {
            answer.error = e.toString();
        }
        return answer;
    }

    private static void event(StreamedAnswer answer, String data) throws IOException {
        if (data.equals("[DONE]")) {
            answer.done = true;
            return;
        }
        JsonNode event = JSON.readTree(data);
        if (event.hasNonNull("error")) {
            answer.error = event.get("error").toString();
        }
        for (JsonNode choice : event.path("choices")) {
            JsonNode delta = choice.path("delta");
            int index = choice.path("index").asInt();
            answer.reasoning(index, delta.path("reasoning_content").asText(""));
            for (JsonNode call : delta.path("tool_calls")) {
                call(answer, index, call);
            }
            choice.at("/logprobs/content").forEach(logprob -> answer.logprob(index, logprob.toString()));
            if (choice.hasNonNull("finish_reason")) {
                answer.logprob(index, choice.get("finish_reason").asText());
            }
            answer.chunk(index, delta.path("content").asText(""));
        }
        if (event.hasNonNull("usage")) {
            answer.promptTokens = event.at("/usage/prompt_tokens").asInt();
            answer.completionTokens = event.at("/usage/completion_tokens").asInt();
            answer.reasoningTokens = event.at("/usage/completion_tokens_details/reasoning_tokens")
                    .asInt();
        }
    }

    private static void call(StreamedAnswer answer, int choice, JsonNode call) {
        int number = call.path("index").asInt();
        JsonNode function = call.path("function");
        if (call.hasNonNull("id")) {
            answer.call(
                    choice,
                    number,
                    call.get("id").asText(),
                    function.path("name").asText());
        }
        answer.arguments(choice, number, function.path("arguments").asText(""));
    }
}
