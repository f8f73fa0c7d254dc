package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationEvent.Failed;
import io.quern.generation.GenerationEvent.Finished;
import io.quern.generation.GenerationEvent.Token;
import io.quern.generation.GenerationException;
import io.quern.generation.Usage;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests exchanges over real connections; the test plays only admission's part. */
@Timeout(180)
class ExchangeTest {
    private static final String CHATS = "/v1/chat/completions";
    private static final String CHAT = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String STREAMED = CHAT.replace("{\"messages\"", "{\"stream\":true,\"messages\"");
    private static final Finished STOPPED = new Finished(FinishReason.STOP, new Usage(3, 2));

    private final ExchangeServer server = new ExchangeServer();
    private final ScriptedStream stream = new ScriptedStream();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        client.shutdownNow(); // close would wait for answers that never arrive
        server.close();
    }

    @Test
    void streamSendsEventsInOrder() throws Exception {
        server.answer(stream::accept);
        CompletableFuture<HttpResponse<String>> answer = post(CHATS, STREAMED);
        stream.submitted.get(60, TimeUnit.SECONDS);
        stream.say(new Token("Hel", 1), new Token("lo", 1));
        stream.say(new Token("", 1));
        stream.say(new Token("!", 1), STOPPED);
        stream.end();

        HttpResponse<String> response = answer.get(60, TimeUnit.SECONDS);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("text/event-stream; charset=utf-8");
        assertThat(response.headers().firstValue("cache-control")).contains("no-cache");
        assertThat(response.headers().firstValue("x-accel-buffering")).contains("no");
        assertThat(response.headers().firstValue("x-request-id")).contains("test-1");
        String[] events = response.body().split("\n\n");
        assertThat(events).hasSize(6);
        assertThat(events[0]).contains("\"role\":\"assistant\"");
        assertThat(events[1]).contains("\"delta\":{\"content\":\"Hel\"}");
        assertThat(events[2]).contains("\"delta\":{\"content\":\"lo\"}");
        assertThat(events[3]).contains("\"delta\":{\"content\":\"!\"}");
        assertThat(events[4]).contains("\"finish_reason\":\"stop\"");
        assertThat(events[5]).isEqualTo("data: [DONE]");
        assertThat(stream.cancelled).as("a complete stream is not cancelled").isNotDone();
    }

    @Test
    void headIsSentBeforeFirstToken() throws Exception {
        for (String path : new String[] {CHATS, "/completion"}) {
            ScriptedStream silent = new ScriptedStream();
            server.answer(silent::accept);
            try (Socket socket = connect(path, path.equals(CHATS) ? STREAMED : "{\"prompt\":\"a\",\"stream\":true}")) {
                assertThat(lines(socket).readLine()).isEqualTo("HTTP/1.1 200 OK");
            }
        }
    }

    @Test
    void failureMidStreamIsErrorEventWithoutDone() throws Exception {
        server.answer(stream::accept);
        CompletableFuture<HttpResponse<String>> answer = post(CHATS, STREAMED);
        stream.submitted.get(60, TimeUnit.SECONDS);
        stream.say(new Token("Hel", 1));
        stream.say(new Failed(new GenerationError.WorkerLost(0, "worker 0 was lost")));
        stream.end();

        String body = answer.get(60, TimeUnit.SECONDS).body();
        assertThat(body).contains("Hel").doesNotContain("[DONE]").doesNotContain("\"finish_reason\":\"stop\"");
        assertThat(body)
                .endsWith("data: {\"error\":{\"message\":\"worker 0 was lost\",\"type\":\"server_error\","
                        + "\"param\":null,\"code\":\"worker_lost\"}}\n\n");
    }

    @Test
    void wholeAnswerIsOneObject() throws Exception {
        server.answer(stream::accept);
        CompletableFuture<HttpResponse<String>> answer = post("/completion", "{\"prompt\":\"a\"}");
        stream.submitted.get(60, TimeUnit.SECONDS);
        stream.say(new Token("one ", 1));
        stream.say(new Token("two", 1), STOPPED);
        stream.end();

        HttpResponse<String> response = answer.get(60, TimeUnit.SECONDS);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        JsonObject whole = new JsonObject(response.body());
        assertThat(whole.getString("id")).startsWith("cmpl-");
        assertThat(whole.getLong("created")).isEqualTo(ExchangeServer.NOW.getEpochSecond());
        assertThat(whole.getJsonArray("choices").getJsonObject(0).getString("text"))
                .isEqualTo("one two");
        assertThat(whole.getJsonObject("usage").getInteger("total_tokens")).isEqualTo(5);
        assertThat(stream.cancelled).isNotDone();
    }

    @Test
    void failedWholeAnswerHasStatusOfError() throws Exception {
        server.answer(stream::accept);
        CompletableFuture<HttpResponse<String>> answer = post(CHATS, CHAT);
        stream.submitted.get(60, TimeUnit.SECONDS);
        stream.say(new Token("half", 1));
        stream.say(new Failed(new GenerationError.WorkerLost(0, "worker 0 was lost")));
        stream.end();
        assertThat(answer.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(500);
    }

    @Test
    void refusedStreamHasStatusOfError() throws Exception {
        server.answer(request -> Uni.createFrom()
                .failure(new GenerationException(
                        new GenerationError.Overloaded(Duration.ofMillis(1500), "the queue is full"))));
        HttpResponse<String> response = post(CHATS, STREAMED).get(60, TimeUnit.SECONDS);
        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(response.headers().firstValue("retry-after")).contains("2");
        assertThat(response.body()).contains("the queue is full");
    }

    @Test
    void defectRevealsOnlyRequestId() throws Exception {
        server.answer(request -> {
            throw new IllegalStateException("secret");
        });
        HttpResponse<String> response = post(CHATS, STREAMED).get(60, TimeUnit.SECONDS);
        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.body()).contains("test-1").doesNotContain("secret");
    }

    @Test
    void bodiesAreParsedOffTheEventLoop() throws Exception {
        CompletableFuture<Boolean> onEventLoop = new CompletableFuture<>();
        server.chats = (body, id, memory) -> {
            onEventLoop.complete(Context.isOnEventLoopThread());
            return Readers.chats().read(body, id, memory);
        };
        server.answer(stream::queue);
        post(CHATS, CHAT);
        assertThat(onEventLoop.get(60, TimeUnit.SECONDS)).isFalse();
        stream.submitted.get(60, TimeUnit.SECONDS);
    }

    @Test
    void clientThatLeavesQueueWithdrawsRequest() throws Exception {
        server.answer(stream::queue);
        try (Socket ignored = connect(CHATS, STREAMED)) {
            stream.submitted.get(60, TimeUnit.SECONDS);
            assertThat(stream.cancelled).isNotDone();
        }
        stream.cancelled.get(60, TimeUnit.SECONDS);
    }

    @Test
    void clientThatLeavesMidStreamCancelsGeneration() throws Exception {
        server.answer(stream::accept);
        try (Socket socket = connect(CHATS, STREAMED)) {
            assertThat(lines(socket).readLine()).isEqualTo("HTTP/1.1 200 OK");
            stream.say(new Token("a", 1));
        }
        stream.cancelled.get(60, TimeUnit.SECONDS);
    }

    @Test
    void clientThatLeavesBeforeWholeAnswerCancelsGeneration() throws Exception {
        server.answer(stream::accept);
        try (Socket ignored = connect(CHATS, CHAT)) {
            stream.submitted.get(60, TimeUnit.SECONDS);
            await().until(() -> stream.demanded.get() > 0);
        }
        stream.cancelled.get(60, TimeUnit.SECONDS);
    }

    @Test
    void slowReaderGetsNoBatchesUntilItReads() throws Exception {
        server.answer(stream::accept);
        GenerationEvent large = new Token("x".repeat(64 * 1024), 1);
        try (Socket socket = connect(CHATS, STREAMED)) {
            stream.submitted.get(60, TimeUnit.SECONDS);
            int batches = 512; // 32 MiB: more than the kernel's buffers take
            for (int i = 0; i < batches; i++) {
                stream.say(large);
            }
            stream.say(STOPPED);
            stream.end();
            AtomicLong before = new AtomicLong(-1);
            await().during(300, TimeUnit.MILLISECONDS)
                    .atMost(60, TimeUnit.SECONDS)
                    .until(() -> before.getAndSet(stream.demanded.get()) == stream.demanded.get());
            assertThat(stream.demanded.get()).isBetween(1L, batches - 1L);

            BufferedReader reader = lines(socket);
            String last = "";
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                last = line.startsWith("data:") ? line : last;
                if (last.equals("data: [DONE]")) {
                    break;
                }
            }
            assertThat(last).isEqualTo("data: [DONE]");
            assertThat(stream.demanded.get()).isEqualTo(batches + 1L);
        }
    }

    @Test
    void waitingStreamReportsQueuePositionIfRequested() throws Exception {
        server.answer(stream::queue);
        try (Socket socket = connect(CHATS, STREAMED, "X-Queue-Position: true")) {
            stream.submitted.get(60, TimeUnit.SECONDS);
            BufferedReader reader = lines(socket);
            stream.place(3);
            assertThat(reader.readLine()).isEqualTo("HTTP/1.1 200 OK");
            assertThat(nextComment(reader)).isEqualTo(": queue position 3");
            stream.place(1);
            assertThat(nextComment(reader)).isEqualTo(": queue position 1");
            stream.admit();
            stream.place(7);
            stream.say(new Token("Hel", 1), STOPPED);
            List<String> rest = reader.lines()
                    .takeWhile(line -> !line.equals("data: [DONE]"))
                    .toList();
            assertThat(rest)
                    .anyMatch(line -> line.contains("\"role\":\"assistant\""))
                    .anyMatch(line -> line.contains("Hel"))
                    .noneMatch(line -> line.contains("queue position") || line.contains("HTTP/1.1"));
        }
    }

    @Test
    void refusalAfterQueuePositionIsErrorEvent() throws Exception {
        server.answer(stream::queue);
        CompletableFuture<HttpResponse<String>> answer = post(CHATS, STREAMED, "X-Queue-Position", "true");
        stream.submitted.get(60, TimeUnit.SECONDS);
        stream.place(2);
        stream.refuse(new GenerationError.QueueTimeout(Duration.ofSeconds(1), "no slot came free"));
        HttpResponse<String> response = answer.get(60, TimeUnit.SECONDS);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body())
                .isEqualTo(": queue position 2\n\ndata: {\"error\":{\"message\":\"no slot came free\","
                        + "\"type\":\"server_error\",\"param\":null,\"code\":\"queue_timeout\"}}\n\n");
    }

    @Test
    void clientThatLeavesAfterQueuePositionWithdrawsRequest() throws Exception {
        server.answer(stream::queue);
        try (Socket socket = connect(CHATS, STREAMED, "X-Queue-Position: true")) {
            stream.submitted.get(60, TimeUnit.SECONDS);
            stream.place(2);
            assertThat(nextComment(lines(socket))).isEqualTo(": queue position 2");
            assertThat(stream.cancelled).isNotDone();
        }
        stream.cancelled.get(60, TimeUnit.SECONDS);
    }

    @Test
    void onlyRequestingStreamsGetQueuePosition() throws Exception {
        server.answer(stream::queue);
        post(CHATS, CHAT, "X-Queue-Position", "true");
        assertThat(stream.submitted.get(60, TimeUnit.SECONDS).position()).isEmpty();
        ScriptedStream other = new ScriptedStream();
        server.answer(other::queue);
        post(CHATS, STREAMED);
        assertThat(other.submitted.get(60, TimeUnit.SECONDS).position()).isEmpty();
    }

    @Test
    void timeoutIsPassedOnAndBadOneRefused() throws Exception {
        server.answer(stream::queue);
        post(CHATS, CHAT, "X-Request-Timeout", "2.5");
        assertThat(stream.submitted.get(60, TimeUnit.SECONDS).timeout()).contains(Duration.ofMillis(2500));
        HttpResponse<String> refused =
                post(CHATS, CHAT, "X-Request-Timeout", "soon").get(60, TimeUnit.SECONDS);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("\"param\":\"X-Request-Timeout\"", "invalid_request_error");
    }

    @Test
    void deadlineBeforeAnswerGets504() throws Exception {
        server.answer(stream::queue);
        CompletableFuture<HttpResponse<String>> answer = post(CHATS, STREAMED);
        stream.submitted.get(60, TimeUnit.SECONDS);
        stream.refuse(new GenerationError.DeadlineExceeded("too late"));
        HttpResponse<String> response = answer.get(60, TimeUnit.SECONDS);
        assertThat(response.statusCode()).isEqualTo(504);
        assertThat(response.headers().firstValue("x-should-retry")).contains("false");
        assertThat(response.body()).contains("request_timeout");
    }

    @Test
    void expect100IsAnsweredWithContinue() throws Exception {
        server.answer(stream::accept);
        try (Socket socket = announce("Content-Type: application/json\r\n")) {
            assertThat(lines(socket).readLine()).isEqualTo("HTTP/1.1 100 Continue");
            socket.getOutputStream().write(CHAT.getBytes(StandardCharsets.US_ASCII));
            stream.submitted.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void refusedHeadGetsNoContinue() throws Exception {
        String json = "Content-Type: application/json\r\n";
        for (String head : List.of(
                "Content-Type: text/plain\r\n",
                "X-No-Content-Type: 1\r\n",
                json + "Content-Encoding: gzip\r\n",
                json + "Origin: https://evil.example\r\n",
                json + "X-Request-Timeout: never\r\n")) {
            try (Socket socket = announce(head)) {
                assertThat(lines(socket).readLine()).as(head).startsWith("HTTP/1.1 4");
            }
        }
    }

    @Test
    void compressedBodyIsRefused() throws Exception {
        HttpResponse<String> response =
                post(CHATS, CHAT, "Content-Encoding", "gzip").get(5, TimeUnit.SECONDS);
        assertThat(response.statusCode()).isEqualTo(415);
        assertThat(response.headers().firstValue("accept-encoding")).contains("identity");
        assertThat(response.body()).contains("unsupported_media_type", "content encoding", "gzip");
        server.answer(stream::accept);
        post(CHATS, CHAT, "Content-Encoding", "identity");
        stream.submitted.get(5, TimeUnit.SECONDS);
    }

    @Test
    void silentStreamGetsComments() throws Exception {
        try (ExchangeServer soon = new ExchangeServer(Duration.ofMillis(20))) {
            soon.answer(stream::accept);
            try (Socket socket = connect(soon.port(), CHATS, STREAMED)) {
                BufferedReader reader = lines(socket);
                for (int i = 0; i < 3; i++) {
                    assertThat(nextComment(reader)).isEqualTo(": keep-alive");
                }
                stream.say(new Token("Hel", 1), STOPPED);
                List<String> rest = reader.lines()
                        .takeWhile(line -> !line.equals("data: [DONE]"))
                        .toList();
                assertThat(rest).anyMatch(line -> line.contains("Hel"));
            }
        }
    }

    @Test
    void queuedStreamGetsCommentsOnceStarted() throws Exception {
        try (ExchangeServer soon = new ExchangeServer(Duration.ofMillis(20))) {
            soon.answer(stream::queue);
            try (Socket socket = connect(soon.port(), CHATS, STREAMED, "X-Queue-Position: true")) {
                stream.submitted.get(5, TimeUnit.SECONDS);
                stream.place(2);
                BufferedReader reader = lines(socket);
                assertThat(nextComment(reader)).isEqualTo(": queue position 2");
                assertThat(nextComment(reader)).isEqualTo(": keep-alive");
                stream.admit();
                assertThat(nextComment(reader)).isEqualTo(": keep-alive");
            }
            stream.cancelled.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void wholeAnswerGetsNoComments() throws Exception {
        try (ExchangeServer soon = new ExchangeServer(Duration.ofMillis(1))) {
            soon.answer(stream::accept);
            HttpRequest request = HttpRequest.newBuilder(soon.uri(CHATS))
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(CHAT))
                    .build();
            CompletableFuture<HttpResponse<String>> answer =
                    client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
            stream.submitted.get(5, TimeUnit.SECONDS);
            await().until(() -> stream.demanded.get() > 0);
            stream.say(new Token("Hel", 1), STOPPED);
            assertThat(answer.get(5, TimeUnit.SECONDS).body())
                    .startsWith("{\"id\":")
                    .doesNotContain("keep-alive");
        }
    }

    @Test
    void streamResetMidBodyLogsNothing() throws Exception {
        server.answer(stream::accept);
        Vertx vertx = Vertx.vertx();
        try (LoudLog log = new LoudLog()) {
            io.vertx.core.http.HttpClient http2 = vertx.createHttpClient(new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(false));
            for (int i = 0; i < 5; i++) {
                HttpClientRequest cut = request(http2);
                cut.setChunked(true).write(CHAT.substring(0, 10));
                cut.reset(8);
            }
            // one connection: the last request arrives after all others
            request(http2).end(CHAT);
            stream.submitted.get(5, TimeUnit.SECONDS);
            assertThat(log.lines()).isEmpty();
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    private HttpClientRequest request(io.vertx.core.http.HttpClient http2) throws Exception {
        return http2.request(HttpMethod.POST, server.port(), "localhost", CHATS)
                .map(request -> request.putHeader("content-type", "application/json"))
                .toCompletionStage()
                .toCompletableFuture()
                .get(5, TimeUnit.SECONDS);
    }

    /** Sends only a request's head, like a client that waits before it sends its body. */
    private Socket announce(String headers) throws IOException {
        Socket socket = new Socket("localhost", server.port());
        socket.setSoTimeout(10_000);
        socket.getOutputStream()
                .write(("POST " + CHATS + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n" + headers
                                + "Content-Length: " + CHAT.length() + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static String nextComment(BufferedReader reader) throws IOException {
        String line = reader.readLine();
        while (line != null && !line.startsWith(":")) {
            line = reader.readLine();
        }
        return line;
    }

    private CompletableFuture<HttpResponse<String>> post(String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri(path))
                .header("x-request-id", "test-1")
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private Socket connect(String path, String body, String... headers) throws IOException {
        return connect(server.port(), path, body, headers);
    }

    private static Socket connect(int port, String path, String body, String... headers) throws IOException {
        Socket socket = new Socket("localhost", port);
        socket.setSoTimeout(10_000);
        socket.getOutputStream()
                .write(("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                                + Stream.of(headers)
                                        .map(header -> header + "\r\n")
                                        .collect(Collectors.joining())
                                + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static BufferedReader lines(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }
}
