package io.quern.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenAiClientTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final StringBuffer text = new StringBuffer();
    private ScriptedService service;
    private OpenAiClient client;

    @AfterEach
    void close() {
        if (client != null) {
            client.close();
        }
        if (service != null) {
            service.close();
        }
    }

    private ChatCall ask(ScriptedService.Script script) {
        service = new ScriptedService(script);
        return ask(service.url(), LONG);
    }

    private ChatCall ask(String url, Duration silence) {
        client = new OpenAiClient(Endpoint.of(url, Optional.of(new ApiKey("sk-secret"))), silence);
        return client.chat(
                new ChatRequest("demo", List.of(Message.user("Why?")), new ChatRequest.Sampling(0.5, 7, 3L), false),
                text::append);
    }

    private static ClientException failure(ChatCall call) {
        return catchThrowableOfType(ClientException.class, call::await);
    }

    @Test
    void streamIsReadToItsEnd() throws Exception {
        Answer answer = ask(exchange -> exchange.stream()
                        .text("Be")
                        .text("cause \u00e4\n")
                        .text("x")
                        .end("stop", 12, 4))
                .await();
        assertThat(text).hasToString("Because \u00e4\nx");
        assertThat(answer.finishReason()).isEqualTo("stop");
        assertThat(answer.promptTokens()).isEqualTo(12);
        assertThat(answer.tokens()).isEqualTo(4);
        assertThat(answer.toFirst()).isPositive().isLessThanOrEqualTo(answer.total());
        assertThat(service.requests().getFirst())
                .hasToString("{\"model\":\"demo\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                        + "\"temperature\":0.5,\"max_tokens\":7,\"seed\":3,"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\"Why?\"}]}");
        assertThat(service.keys()).containsExactly("Bearer sk-secret");
    }

    @Test
    void modelsAreListed() throws Exception {
        service = ScriptedService.echo();
        client = new OpenAiClient(Endpoint.of(service.url(), Optional.empty()), LONG);
        assertThat(client.models()).containsExactly("demo", "other");
        assertThat(service.keys()).containsExactly("null");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "429 | {\"error\":{\"message\":\"The queue is full\"}} | REFUSED | The service answered 429: The queue is full",
                "500 | it broke | REFUSED | The service answered 500: it broke",
                "422 | {\"detail\":\"wrong\"} | REFUSED | The service answered 422: wrong",
                "400 | {\"error\":\"no such field\"} | REFUSED | The service answered 400: no such field",
                "401 | {\"error\":{\"message\":\"bad key\"}} | UNAUTHORIZED | refuses the request (401): bad key",
                "302 | {} | REFUSED | The service answered 302",
            })
    void errorIsShownAsTheServicePutsIt(int status, String body, ClientException.Kind kind, String message) {
        ClientException failure = failure(ask(exchange -> exchange.status(status, body)));
        assertThat(failure.kind()).isEqualTo(kind);
        assertThat(failure.status()).isEqualTo(status);
        assertThat(failure).hasMessageContaining(message);
        assertThat(failure.getMessage()).doesNotContain("sk-secret");
    }

    @Test
    void errorEventEndsTheAnswer() {
        ClientException failure = failure(ask(exchange -> {
            exchange.stream().text("Be").data("{\"error\":{\"message\":\"the worker\\u001b[2J is lost\"}}");
        }));
        assertThat(text).hasToString("Be");
        assertThat(failure.kind()).isEqualTo(ClientException.Kind.BROKEN);
        assertThat(failure).hasMessageContaining("the worker").hasMessageNotContaining("\u001b");
    }

    @Test
    void answerThatBreaksOffIsNoAnswer() {
        ClientException failure = failure(ask(exchange -> exchange.stream().text("Be")));
        assertThat(failure.kind()).isEqualTo(ClientException.Kind.BROKEN);
        assertThat(failure).hasMessageContaining("in the middle of the answer");
    }

    @Test
    void wholeAnswerIsNotUnderstood() {
        assertThat(failure(ask(exchange -> exchange.status(200, "{\"choices\":[]}")))
                        .kind())
                .isEqualTo(ClientException.Kind.NOT_UNDERSTOOD);
    }

    @Test
    void cancelClosesTheConnection() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        ChatCall call = ask(exchange -> {
            exchange.stream();
            try {
                while (true) {
                    exchange.text("again ");
                    Thread.sleep(1);
                }
            } catch (IOException e) {
                closed.countDown();
            }
        });
        await().until(() -> !text.isEmpty());
        call.cancel();
        assertThat(failure(call).kind()).isEqualTo(ClientException.Kind.CANCELLED);
        closed.await();
    }

    @Test
    void requestIsCancelledBeforeItsHeadArrives() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        AtomicBoolean asked = new AtomicBoolean();
        ChatCall call = ask(exchange -> {
            asked.set(true);
            release.await();
        });
        await().untilTrue(asked);
        call.cancel();
        assertThat(failure(call).kind()).isEqualTo(ClientException.Kind.CANCELLED);
        release.countDown();
    }

    @Test
    void silentServiceIsGivenUp() {
        CountDownLatch release = new CountDownLatch(1);
        service = new ScriptedService(exchange -> {
            exchange.stream().text("Be");
            release.await();
        });
        ClientException failure = failure(ask(service.url(), Duration.ofMillis(300)));
        assertThat(failure.kind()).isEqualTo(ClientException.Kind.SILENT);
        release.countDown();
    }

    @Test
    void unreachableServiceIsNamed() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        ClientException failure = failure(ask("127.0.0.1:" + port, LONG));
        assertThat(failure.kind()).isEqualTo(ClientException.Kind.UNREACHABLE);
        assertThat(failure).hasMessageContaining("Cannot reach http://127.0.0.1:" + port + "/v1: ");
    }
}
