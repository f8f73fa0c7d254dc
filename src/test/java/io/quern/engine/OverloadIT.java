package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sends more requests than an engine with two slots, a short queue and two keys can serve. */
@Timeout(300)
class OverloadIT {
    private static final String CHATS = "/v1/chat/completions";
    private static final String GREEDY = "sk-greedy";
    private static final String MODEST = "sk-modest";
    private static final String MODELS =
            "GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + MODEST + "\r\n\r\n";
    private static final int QUEUE = 4;
    private static final int CONNECTIONS = 40;

    @TempDir
    static Path home;

    private static Gate gate;
    private static EngineProcess engine;

    private final List<Socket> sockets = new ArrayList<>();

    @BeforeAll
    static void startEngine() {
        gate = Gate.make();
        engine = EngineProcess.start(gate.added(Map.of(
                "QUERN_MODEL",
                "demo",
                // The name is in every event: a long one fills the buffers of the kernel soon.
                "QUERN_MODEL_NAME",
                "n".repeat(2000),
                "QUERN_HOME",
                home.toString(),
                "QUERN_WORKER_AOT_CACHE",
                "false",
                "QUERN_WORKER_SLOTS",
                "2",
                "QUERN_WORKER_CONTEXT_LENGTH",
                "8192",
                "QUERN_OPENAI_API_KEYS",
                GREEDY + "," + MODEST,
                "QUERN_ADMISSION_QUEUE_SIZE",
                Integer.toString(QUEUE),
                "QUERN_ADMISSION_STREAM_BUFFER",
                // The stream buffer holds the whole answer of a slow reader, but not the longest answer.
                "4000",
                "QUARKUS_HTTP_LIMITS_MAX_CONNECTIONS",
                Integer.toString(CONNECTIONS))));
    }

    @AfterAll
    static void stopEngine() {
        if (engine != null) {
            engine.close();
        }
    }

    @AfterEach
    void closeConnections() throws IOException {
        gate.open();
        for (Socket socket : sockets) {
            socket.close();
        }
        await().until(() ->
                engine.metric("vllm:num_requests_running") == 0 && engine.metric("vllm:num_requests_waiting") == 0);
    }

    @Test
    void greedyKeyCannotShutOutAnother() throws Exception {
        gate.closeAfterFirstTokens();
        List<BufferedReader> greedy = new ArrayList<>();
        for (int i = 0; i < 2 + QUEUE; i++) {
            greedy.add(openChat(GREEDY, longBody(), "X-Queue-Position: true"));
            String first = firstOf(greedy.getLast(), "data:", ": queue position");
            assertThat(first).startsWith(i < 2 ? "data:" : ": queue position " + (i - 1));
            if (i < 2) {
                keepReading(greedy.getLast());
            }
        }
        HttpResponse<String> tooMuch =
                post(GREEDY, body("Say hello.", 5, false)).get(60, TimeUnit.SECONDS);
        assertThat(tooMuch.statusCode()).isEqualTo(429);
        assertThat(tooMuch.body()).contains("overloaded");
        assertThat(tooMuch.headers().firstValueAsLong("retry-after").orElseThrow())
                .isBetween(1L, 60L);

        CompletableFuture<HttpResponse<String>> modest = post(MODEST, body("Say hello.", 5, false));
        assertThat(firstOf(greedy.getLast(), "data:"))
                .as("the newest request of the greedy key is refused")
                .contains("overloaded");
        // A slot becomes free: first for a request of the greedy key that came earlier, then for the other key.
        sockets.get(0).close();
        sockets.get(1).close();
        gate.open();
        assertThat(modest.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }

    @Test
    void deadlineIs504BeforeAndEventDuringAnswer() throws Exception {
        gate.closeAfterFirstTokens();
        HttpResponse<String> whole = engine.send(request(MODEST, longBody(false))
                .header("X-Request-Timeout", "0.3")
                .build());
        assertThat(whole.statusCode()).isEqualTo(504);
        assertThat(whole.body()).contains("\"code\":\"request_timeout\"", "within its time limit of 0.3 s");

        // The first request is still in the worker, which has not noticed its end.
        gate.closeAfterFirstTokens();
        HttpResponse<String> stream = engine.send(
                request(MODEST, longBody()).header("X-Request-Timeout", "3").build());
        assertThat(stream.statusCode()).isEqualTo(200);
        assertThat(stream.body())
                .contains("\"delta\":{\"content\"", "\"code\":\"request_timeout\"")
                .doesNotContain("[DONE]");
        await().until(() -> engine.metric("quern_pool_slots_busy") == 0);
    }

    @Test
    void silentReaderIsEndedWithoutDisturbingOthers() throws Exception {
        double before = slowReaders();
        openChat(GREEDY, longBody());
        BufferedReader other = openChat(MODEST, body("Name three colours.", 400, true));
        List<String> events = new ArrayList<>();
        for (String line = other.readLine(); line != null && !line.equals("data: [DONE]"); line = other.readLine()) {
            events.add(line);
        }
        assertThat(events).anyMatch(line -> line.contains("\"finish_reason\":\"length\""));
        assertThat(events).noneMatch(line -> line.contains("\"error\""));
        await().until(() -> slowReaders() == before + 1);
        await().until(() -> engine.metric("quern_pool_slots_busy") == 0);
    }

    @Test
    void idleConnectionsAreClosedForNewOnes() throws Exception {
        List<BufferedReader> readers = new ArrayList<>();
        for (int i = 0; i < 3 * CONNECTIONS; i++) {
            readers.add(send(MODELS));
            assertThat(answered(readers.getLast())).as("connection %d", i).isTrue();
        }
        // The connection that was idle longest had to be closed: only the rest of its answer and the end can follow.
        readers.getFirst().transferTo(Writer.nullWriter());
        sockets.getLast().getOutputStream().write(MODELS.getBytes(StandardCharsets.US_ASCII));
        assertThat(answered(readers.getLast())).isTrue();
    }

    /** Reads to the next status line, which follows the body of an earlier answer. */
    private static boolean answered(BufferedReader reader) {
        try {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.endsWith("HTTP/1.1 200 OK")) {
                    return true;
                }
            }
        } catch (SocketException e) {
            // The engine closed the connection before it read the request.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return false;
    }

    /** Reads like a client that keeps up, until its socket is closed. */
    private static void keepReading(BufferedReader reader) {
        Thread.ofVirtual().start(() -> {
            try {
                reader.transferTo(Writer.nullWriter());
            } catch (IOException e) {
                // closed
            }
        });
    }

    private static double slowReaders() {
        return engine.get("/q/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("quern_request_failures_total{") && line.contains("slow_reader"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static String longBody() {
        return longBody(true);
    }

    private static String longBody(boolean stream) {
        return body("Tell me a long story.", 8000, stream);
    }

    private static String body(String question, int maxTokens, boolean stream) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":\"" + question
                + "\"}],\"temperature\":0,\"ignore_eos\":true," + "\"stream\":" + stream + ",\"max_tokens\":"
                + maxTokens + "}";
    }

    private static HttpRequest.Builder request(String key, String body) {
        return engine.jsonPost(CHATS, body).header("Authorization", "Bearer " + key);
    }

    private static CompletableFuture<HttpResponse<String>> post(String key, String body) {
        return engine.http().sendAsync(request(key, body).build(), HttpResponse.BodyHandlers.ofString());
    }

    private BufferedReader openChat(String key, String body, String... headers) throws IOException {
        return send("POST " + CHATS + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key
                + "\r\nContent-Type: application/json\r\n"
                + String.join(
                        "", Stream.of(headers).map(header -> header + "\r\n").toList())
                + "Content-Length: " + body.length() + "\r\n\r\n" + body);
    }

    /** Opens a connection with a receive buffer so small that the engine soon notices when this side stops reading. */
    private BufferedReader send(String request) throws IOException {
        Socket socket = new Socket();
        sockets.add(socket);
        socket.setReceiveBufferSize(4096);
        socket.setSoTimeout(60_000);
        socket.connect(new InetSocketAddress("127.0.0.1", engine.uri("/").getPort()));
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8), 512);
    }

    /** Returns the first line that begins with one of these, or null at the end of the stream. */
    private static String firstOf(BufferedReader reader, String... beginnings) throws IOException {
        String line = reader.readLine();
        while (line != null && Stream.of(beginnings).noneMatch(line::startsWith)) {
            line = reader.readLine();
        }
        return line;
    }
}
