package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients disconnect, directly or behind a gateway that resets streams of its only HTTP/2 connection. Other clients are
 * not affected, and nothing is logged.
 */
@Timeout(120)
class BrokenOffIT {
    private static final String BODY =
            "{\"prompt\":\"A fork server\",\"stream\":true,\"max_tokens\":900,\"ignore_eos\":true}";
    private static final int RESETS = 300;
    private static final int CANCEL = 8;
    private static final int HALF_SENT = 40;

    @TempDir
    Path home;

    @Test
    void resetsWithinLimitDisturbNobodyAndLogNothing() throws Exception {
        Vertx vertx = Vertx.vertx();
        try (EngineProcess engine = EngineProcess.start(Map.of(
                "QUERN_HOME",
                home.toString(),
                "QUERN_WORKER_AOT_CACHE",
                "false",
                "QUARKUS_HTTP_LIMITS_RST_FLOOD_MAX_RST_FRAME_PER_WINDOW",
                Integer.toString(10 * RESETS)))) {
            int port = engine.uri("").getPort();
            int lines = engine.log().size();
            HttpClient gateway = vertx.createHttpClient(new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(false)
                    .setHttp2MaxPoolSize(1));
            HttpClientRequest first = open(gateway, port);
            for (int i = 0; i < RESETS; i++) {
                HttpClientRequest request = open(gateway, port);
                assertThat(request.connection()).isSameAs(first.connection());
                switch (i % 3) {
                    case 0 -> request.sendHead();
                    case 1 -> request.setChunked(true).write(BODY.substring(0, 10));
                    default -> request.end(Buffer.buffer(BODY));
                }
                request.reset(CANCEL);
            }
            first.end(Buffer.buffer(BODY.replace("900", "20")));
            String answer = first.response()
                    .compose(response -> response.body())
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(30, TimeUnit.SECONDS)
                    .toString();
            assertThat(answer).endsWith("data: [DONE]\n\n");
            assertThat(engine.log().subList(lines, engine.log().size()))
                    .noneMatch(line -> line.contains("ERROR") || line.contains("WARN") || line.contains("Exception"));
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    @Test
    void disconnectingClientsLogNoWarning() throws Exception {
        String post = "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                + BODY.length() + "\r\n\r\n";
        try (EngineProcess engine =
                EngineProcess.start(Map.of("QUERN_HOME", home.toString(), "QUERN_WORKER_AOT_CACHE", "false"))) {
            int lines = engine.log().size();
            for (String request : List.of(
                    post + BODY,
                    post + BODY.replace("true,\"max", "false,\"max"),
                    "GET /q/quern/pool/events HTTP/1.1\r\nHost: x\r\n\r\n",
                    "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /q/metrics HTTP/1.1\r\nHost: x\r\n\r\n",
                    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "garbage".repeat(100),
                    "GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                            + "HTTP2-Settings: !!!\r\n\r\n")) {
                breakOff(engine, request, !request.contains("false,\"max"));
            }
            breakOff(engine, post + "{", false);
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> engine.json("/q/quern/pool").get("running").asInt() == 0);
            // If a step of a worker logs a line, it is there once the next answer is complete.
            assertThat(engine.post("/v1/completions", BODY.replace("900", "5")).statusCode())
                    .isEqualTo(200);
            assertThat(engine.log().subList(lines, engine.log().size()))
                    .noneMatch(line -> line.contains("ERROR") || line.contains("WARN") || line.contains("Exception"));
        }
    }

    @Test
    void halfSentBodiesBeyondHeapKeepEngineServing() throws Exception {
        try (EngineProcess engine = EngineProcess.start(Map.of(
                "QUERN_HOME", home.toString(),
                "QUERN_WORKER_AOT_CACHE", "false",
                "JAVA_TOOL_OPTIONS", "-Xmx128m"))) {
            List<Socket> halfSent = new ArrayList<>();
            Set<String> answers = new HashSet<>();
            try {
                for (int i = 0; i < HALF_SENT; i++) {
                    Socket client = new Socket("127.0.0.1", engine.uri("").getPort());
                    halfSent.add(client);
                    sendHalf(client);
                    assertThat(engine.get("/q/health/live").statusCode()).isEqualTo(200);
                }
                // The engine holds the first few bodies, so these clients get no answer yet.
                for (Socket client : halfSent.subList(HALF_SENT / 2, HALF_SENT)) {
                    client.setSoTimeout(60_000);
                    answers.add(statusOf(client));
                }
            } finally {
                for (Socket client : halfSent) {
                    client.close();
                }
            }
            // "reset" is for a client that kept sending for longer than quern.openai.linger.
            assertThat(answers).contains("503").isSubsetOf("503", "reset");
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> engine.post("/v1/completions", BODY.replace("900", "5"))
                                    .statusCode()
                            == 200);
            assertThat(engine.log()).noneMatch(line -> line.contains("OutOfMemoryError"));
        }
    }

    private static void sendHalf(Socket client) {
        byte[] piece = new byte[1 << 20];
        Arrays.fill(piece, (byte) 'x');
        try {
            client.getOutputStream()
                    .write(("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                                    + "Content-Length: " + 10 * piece.length + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < 5; i++) {
                client.getOutputStream().write(piece);
            }
        } catch (IOException e) {
            // The engine has already refused it.
        }
    }

    private static String statusOf(Socket client) {
        try {
            String line = new String(client.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            return line.isEmpty() ? "reset" : line.substring(line.length() - 3);
        } catch (IOException e) {
            return "reset";
        }
    }

    /**
     * Sends a request and resets the connection.
     *
     * @param answered true to wait for the first byte of the answer
     */
    private static void breakOff(EngineProcess engine, String request, boolean answered) throws IOException {
        String path = request.split(" ", 3)[1];
        try (Socket client = new Socket(
                "127.0.0.1", engine.uri(path.startsWith("/") ? path : "/").getPort())) {
            client.setSoTimeout(10_000);
            client.setSoLinger(true, 0);
            client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            if (answered) {
                client.getInputStream().read();
            }
        }
    }

    private static HttpClientRequest open(HttpClient gateway, int port) throws Exception {
        return gateway.request(HttpMethod.POST, port, "127.0.0.1", "/v1/completions")
                .map(request -> request.putHeader("content-type", "application/json"))
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }
}
