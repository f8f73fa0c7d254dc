package io.quern.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A service on a real socket that answers as its script says. It serves the models {@code demo} and {@code other}. */
public final class ScriptedService implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<JsonNode> requests = new CopyOnWriteArrayList<>();
    private final List<String> keys = new CopyOnWriteArrayList<>();

    /** Answers one chat completion. */
    @FunctionalInterface
    public interface Script {
        void answer(Exchange exchange) throws IOException, InterruptedException;
    }

    /** One request and the answer to it. */
    public static final class Exchange {
        private final HttpExchange http;
        private final JsonNode request;

        Exchange(HttpExchange http, JsonNode request) {
            this.http = http;
            this.request = request;
        }

        public JsonNode request() {
            return request;
        }

        /** The text of the last message. */
        public String question() {
            JsonNode messages = request.path("messages");
            return messages.path(messages.size() - 1).path("content").asText();
        }

        /** Begins a stream. */
        public Exchange stream() throws IOException {
            http.getResponseHeaders().set("content-type", "text/event-stream");
            http.sendResponseHeaders(200, 0);
            return line(": keep-alive").data("{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}");
        }

        public Exchange text(String text) throws IOException {
            return data("{\"choices\":[{\"index\":0,\"delta\":{\"content\":" + JSON.writeValueAsString(text) + "}}]}");
        }

        /** Ends it as it should end. */
        public void end(String reason, int promptTokens, int tokens) throws IOException {
            data("{\"choices\":[{\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}");
            data("{\"choices\":[],\"usage\":{\"prompt_tokens\":" + promptTokens + ",\"completion_tokens\":" + tokens
                    + "}}");
            data("[DONE]");
            http.close();
        }

        public Exchange data(String json) throws IOException {
            return line("data: " + json);
        }

        public Exchange line(String line) throws IOException {
            OutputStream out = http.getResponseBody();
            out.write((line + "\n\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
            return this;
        }

        /** Answers without a stream. */
        public void status(int status, String body) throws IOException {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            http.sendResponseHeaders(status, bytes.length);
            http.getResponseBody().write(bytes);
            http.close();
        }
    }

    public ScriptedService(Script script) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/v1/models", http -> {
            keys.add(String.valueOf(http.getRequestHeaders().getFirst("authorization")));
            new Exchange(http, null).status(200, "{\"data\":[{\"id\":\"demo\"},{\"id\":\"other\"}]}");
        });
        server.createContext("/v1/chat/completions", http -> {
            JsonNode request = JSON.readTree(http.getRequestBody().readAllBytes());
            requests.add(request);
            keys.add(String.valueOf(http.getRequestHeaders().getFirst("authorization")));
            try (http) {
                script.answer(new Exchange(http, request));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    /** A service that repeats the question word by word. */
    public static ScriptedService echo() {
        return new ScriptedService(exchange -> {
            String[] words = exchange.question().split("(?<= )");
            exchange.stream();
            for (String word : words) {
                exchange.text(word);
            }
            exchange.end("stop", words.length + 5, words.length);
        });
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public List<JsonNode> requests() {
        return requests;
    }

    /** The values of the header with the key, "null" if it was missing. */
    public List<String> keys() {
        return keys;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
