package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestConfig;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests keys and refusals with a real HTTP server. */
class AuthenticationTest {
    private static final int LIMIT = 3;

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newHttpClient();
    private HttpServer server;

    @BeforeEach
    void listen() {
        Answers answers = new Answers(Duration.ofSeconds(1));
        FailedLogins failures = new FailedLogins(
                TestConfig.of(
                                OpenAiConfig.class,
                                Map.of(
                                        "quern.openai.failed-logins.limit",
                                        "" + LIMIT,
                                        "quern.openai.failed-logins.delay",
                                        "10ms"))
                        .failedLogins(),
                InstantSource.system(),
                (delay, task) -> {});
        Authentication authentication = new Authentication(new ApiKeys(List.of("right")), failures, answers);
        Router router = Router.router(vertx);
        router.route().handler(http -> authentication.client(http).ifPresent(name -> http.response()
                .end(name)));
        server = vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    @AfterEach
    void close() {
        client.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void guessingAddressIsThrottledExceptWithValidKey() throws Exception {
        for (int i = 0; i < LIMIT; i++) {
            assertThat(ask("Bearer wrong").statusCode()).isEqualTo(401);
        }
        for (int i = 0; i < 5; i++) {
            HttpResponse<String> refusal = ask("Bearer wrong" + i);
            assertThat(refusal.statusCode()).isEqualTo(429);
            assertThat(refusal.body())
                    .startsWith("{\"error\":{\"message\":\"Too many requests with an unknown API key")
                    .contains("\"type\":\"rate_limit_error\"", "\"code\":\"too_many_failed_logins\"");
            assertThat(Long.parseLong(
                            refusal.headers().firstValue("retry-after").orElseThrow()))
                    .isBetween(1L, 60L);
            assertThat(refusal.headers().firstValue("x-should-retry")).contains("false");
            assertThat(ask("Bearer right").body()).isEqualTo("key 0");
        }
        assertThat(ask(null).statusCode()).as("without a key").isEqualTo(401);
    }

    private HttpResponse<String> ask(String authorization) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort()));
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
