package io.quern.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** A client of an application's Dev UI that uses the same calls as its pages. */
record DevUi(EngineProcess application) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long PATIENCE_SECONDS = 60;

    /** Returns the state of continuous testing: whether it is {@code inProgress}, and its {@code result}. */
    JsonNode testing() {
        return call("devui-continuous-testing_currentState").at("/result/object");
    }

    private JsonNode call(String method) {
        Answer answer = new Answer();
        URI http = application.uri("/q/dev-ui/json-rpc-ws");
        WebSocket socket = application
                .http()
                .newWebSocketBuilder()
                .buildAsync(URI.create("ws" + http.toString().substring("http".length())), answer)
                .join();
        socket.sendText("""
                {"jsonrpc": "2.0", "id": 1, "method": "%s", "params": {}}""".formatted(method), true);
        try {
            return answer.response.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException("no answer to " + method, e);
        } finally {
            socket.abort();
        }
    }

    private static final class Answer implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();
        private final CompletableFuture<JsonNode> response = new CompletableFuture<>();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                take(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        /** Ignores messages that are no answer, which the Dev UI broadcasts to all clients. */
        private void take(String message) {
            try {
                JsonNode read = JSON.readTree(message);
                if (read.path("id").asInt() == 1) {
                    response.complete(read);
                }
            } catch (java.io.IOException e) {
                response.completeExceptionally(e);
            }
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            response.completeExceptionally(error);
        }
    }
}
