package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quern.StartsProcesses;
import io.quern.admission.Generation;
import io.quern.admission.Submission;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Tests that an exchange notices that its client has left, although quarkus-rest sets its own handlers on the
 * connection.
 */
@QuarkusTest
@StartsProcesses
class LeavingClientTest {
    private static final AtomicReference<Function<Submission, Uni<Generation>>> SCRIPT = new AtomicReference<>();
    private static final String BODY = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    @TestHTTPResource("/")
    URI root;

    @Inject
    Vertx vertx;

    /** Runs an exchange like the application, with scripted answers in place of admission. */
    @Path("/scripted-exchange")
    public static class ScriptedResource {
        @POST
        public Uni<Void> chat(@Context RoutingContext http) {
            Exchange.Rules rules =
                    ExchangeServer.rules(request -> SCRIPT.get().apply(request), Duration.ZERO, Clock.systemUTC());
            return OpenAi.later(http, done -> new Exchange(http, rules, Shape.CHAT, Readers.chats()).begin(done));
        }
    }

    @Test
    void queuedRequestIsWithdrawn() throws Exception {
        ScriptedStream stream = new ScriptedStream();
        SCRIPT.set(stream::queue);
        try (Socket ignored = connect()) {
            stream.submitted.get(60, TimeUnit.SECONDS);
            assertThat(stream.cancelled).isNotDone();
        }
        stream.cancelled.get(60, TimeUnit.SECONDS);
    }

    @Test
    void streamIsCancelled() throws Exception {
        ScriptedStream stream = new ScriptedStream();
        SCRIPT.set(stream::accept);
        try (Socket socket = connect()) {
            BufferedReader answer =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            assertThat(answer.readLine()).isEqualTo("HTTP/1.1 200 OK");
            assertThat(stream.cancelled).isNotDone();
        }
        stream.cancelled.get(60, TimeUnit.SECONDS);
    }

    @Test
    void http2ResetsLogNothing() throws Exception {
        List<ScriptedStream> streams = new CopyOnWriteArrayList<>();
        SCRIPT.set(request -> {
            ScriptedStream stream = new ScriptedStream();
            streams.add(stream);
            return stream.accept(request);
        });
        HttpClient client = vertx.createHttpClient(
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));
        try (LoudLog log = new LoudLog()) {
            for (int i = 0; i < 20; i++) {
                reset(client, i % 4);
            }
            // a request that is served on the same connection arrives after all of them
            HttpClientRequest last = open(client);
            last.end(Buffer.buffer(BODY));
            HttpClientResponse response =
                    last.response().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
            assertThat(response.statusCode()).isEqualTo(200);
            last.reset(8);
            await().untilAsserted(
                            () -> assertThat(streams).isNotEmpty().allSatisfy(stream -> assertThat(stream.cancelled)
                                    .isDone()));
            assertThat(log.lines()).isEmpty();
        } finally {
            client.close();
        }
    }

    /**
     * Sends a request and resets it.
     *
     * @param when 0: after the head; 1: after half of the body; 2: after the whole body; 3: after the answer's head
     */
    private void reset(HttpClient client, int when) throws Exception {
        HttpClientRequest request = open(client);
        switch (when) {
            case 0 -> request.sendHead();
            case 1 -> request.setChunked(true).write(BODY.substring(0, 10));
            case 2 -> request.end(Buffer.buffer(BODY));
            default -> {
                request.end(Buffer.buffer(BODY));
                request.response().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
            }
        }
        request.reset(8);
    }

    private HttpClientRequest open(HttpClient client) throws Exception {
        return client.request(HttpMethod.POST, root.getPort(), root.getHost(), "/scripted-exchange")
                .map(request -> request.putHeader("content-type", "application/json"))
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(root.getHost(), root.getPort());
        socket.setSoTimeout(60_000);
        socket.getOutputStream()
                .write(
                        ("POST /scripted-exchange HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                                        + BODY.length() + "\r\n\r\n" + BODY)
                                .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }
}
