package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs two engines behind vLLM's router, as if on two machines. Skipped if pip cannot install it. {@code
 * src/bench/router} measures the same.
 */
@Timeout(300)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RouterIT {
    private static final String SCRIPT = "src/bench/vllm-router";
    private static final String KEY = "sk-router";
    private static final int STREAMS = 8;

    @TempDir
    static Path homes;

    private static Gate gate;
    private static final List<EngineProcess> engines = new ArrayList<>();
    private static final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static Process router;
    private static URI chats;

    @BeforeAll
    static void startAll() throws Exception {
        String executable = executable();
        gate = Gate.make();
        for (int i = 0; i < 2; i++) {
            engines.add(EngineProcess.launch(gate.added(Map.of(
                    "QUERN_HOME",
                    homes.resolve("engine-" + i).toString(),
                    "QUERN_WORKER_AOT_CACHE",
                    "false",
                    "QUERN_WORKER_SLOTS",
                    Integer.toString(STREAMS),
                    "QUERN_WORKER_CONTEXT_LENGTH",
                    "1024",
                    "QUERN_OPENAI_API_KEYS",
                    KEY))));
        }
        engines.forEach(EngineProcess::awaitReady);
        await().atMost(Duration.ofMinutes(3)).ignoreExceptions().until(() -> {
            if (router == null || !router.isAlive()) {
                // Retried, in case another process has taken its port.
                startRouter(executable);
            }
            HttpRequest ready =
                    HttpRequest.newBuilder(chats.resolve("/readiness")).build();
            return http.send(ready, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        });
    }

    private static void startRouter(String executable) throws IOException {
        int port = freePort();
        List<String> command = new ArrayList<>(List.of(
                executable, "--host", "127.0.0.1", "--port", Integer.toString(port), "--policy", "round_robin"));
        command.addAll(List.of("--prometheus-port", Integer.toString(freePort()), "--worker-urls"));
        engines.forEach(engine -> command.add(engine.uri("").toString()));
        router = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        chats = URI.create("http://127.0.0.1:" + port + "/v1/chat/completions");
    }

    @AfterAll
    static void stopAll() {
        if (router != null) {
            router.destroy();
        }
        engines.forEach(EngineProcess::close);
    }

    @Test
    @Order(1)
    void requestsAreDistributedWithTheirHeaders() throws Exception {
        for (int i = 0; i < 6; i++) {
            HttpResponse<String> answer = http.send(
                    chat(KEY, 4, false).header("x-request-id", "mine-" + i).build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.headers().firstValue("x-request-id")).contains("mine-" + i);
        }
        for (EngineProcess engine : engines) {
            assertThat(engine.metric("vllm:request_success_total")).isEqualTo(3);
        }
        HttpResponse<String> refused =
                http.send(chat("sk-other", 4, false).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).contains("invalid_api_key");
    }

    @Test
    @Order(2)
    void killedEngineLosesOnlyItsOwnStreams() throws Exception {
        gate.closeAfterFirstTokens();
        List<BufferedReader> streams = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            streams.add(new BufferedReader(new InputStreamReader(
                    http.send(chat(KEY, 900, true).build(), HttpResponse.BodyHandlers.ofInputStream())
                            .body(),
                    StandardCharsets.UTF_8)));
        }
        EngineProcess first = engines.getFirst();
        assertThat(first.metric("vllm:num_requests_running")).isEqualTo(STREAMS / 2);
        List<CompletableFuture<HttpResponse<String>>> unstreamed = Stream.generate(
                        () -> http.sendAsync(chat(KEY, 300, false).build(), HttpResponse.BodyHandlers.ofString()))
                .limit(4)
                .toList();
        await().until(() -> first.metric("vllm:num_requests_running") == STREAMS / 2 + 2);
        // With its workers, as when a machine fails.
        List<ProcessHandle> processes =
                new ArrayList<>(first.process().descendants().toList());
        processes.addFirst(first.process().toHandle());
        processes.forEach(ProcessHandle::destroyForcibly);
        gate.open();

        List<String> ends = streams.stream().map(RouterIT::lastEvent).toList();
        assertThat(ends).containsOnly("[DONE]", "cut");
        assertThat(ends).filteredOn("cut"::equals).hasSize(STREAMS / 2);
        // The client has seen nothing of an unstreamed answer, so the router sends the request again.
        for (CompletableFuture<HttpResponse<String>> answer : unstreamed) {
            assertThat(answer.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        }
        for (int i = 0; i < 12; i++) {
            assertThat(http.send(chat(KEY, 4, true).build(), HttpResponse.BodyHandlers.ofString())
                            .body())
                    .contains("[DONE]");
        }
    }

    /** Returns the last event, or {@code cut} if the connection ended first. */
    private static String lastEvent(BufferedReader stream) {
        String last = "";
        try {
            for (String line = stream.readLine(); line != null; line = stream.readLine()) {
                last = line.isEmpty() ? last : line.substring("data: ".length());
            }
            return last;
        } catch (IOException e) {
            return "cut";
        }
    }

    private static HttpRequest.Builder chat(String key, int tokens, boolean stream) {
        String body = """
                {"messages":[{"role":"user","content":"What is a fork server?"}],"ignore_eos":true,"max_tokens":%d,"stream":%b}""".formatted(tokens, stream);
        return HttpRequest.newBuilder(chats)
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + key)
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    private static String executable() throws IOException, InterruptedException {
        Process script = new ProcessBuilder(SCRIPT)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String path = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assumeTrue(
                script.waitFor() == 0,
                "skipped: " + SCRIPT + " could not install vLLM's router; its output above says why");
        return path;
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }
}
