package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BrowsersTest {
    private static final Browsers OPEN = new Browsers(true, false, List.of());
    private static final String BROWSER = "user-agent: Mozilla/5.0 (X11; Linux x86_64)\r\n";

    private static Vertx vertx;
    private static HttpServer server;
    private static volatile Browsers asked;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
        server = vertx.createHttpServer()
                .requestHandler(request -> request.response()
                        .end(asked.refusal(request).map(ApiError::code).orElse("served")))
                .listen(0, "localhost")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    @AfterAll
    static void stop() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @ParameterizedTest
    @CsvSource({
        "localhost:8080, https://evil.example, origin_not_allowed",
        "localhost:8080, null, origin_not_allowed",
        "localhost:8080, http://localhost:3000, origin_not_allowed",
        "localhost:8080, file://, origin_not_allowed",
        "localhost:8080, http://localhost:8080, served",
        "LocalHost:8080, http://localhost:8080, served",
        "127.0.0.1:8080, http://127.0.0.1:8080, served",
        "[::1]:8080, http://[::1]:8080, served",
        "gpu-box:8080, http://gpu-box:8080, served",
        "gpu-box.local, http://gpu-box.local, served",
        "quern.example, https://quern.example, host_not_allowed",
        "127.0.0.1.evil.example, http://127.0.0.1.evil.example, host_not_allowed",
        "evil.example:8080, http://evil.example:8080, host_not_allowed",
    })
    void pageIsServedOnlyFromSameHost(String host, String origin, String answer) throws IOException {
        assertThat(ask(OPEN, "POST", host, "origin: " + origin + "\r\n")).isEqualTo(answer);
    }

    @Test
    void reboundNameIsRefusedEvenWithoutOrigin() throws IOException {
        assertThat(ask(OPEN, "GET", "evil.example", BROWSER)).isEqualTo("host_not_allowed");
        assertThat(ask(OPEN, "GET", "evil.example", "sec-fetch-site: same-origin\r\n"))
                .isEqualTo("host_not_allowed");
    }

    @Test
    void crossSitePostWithoutOriginIsRefused() throws IOException {
        assertThat(ask(OPEN, "POST", "localhost", "sec-fetch-site: cross-site\r\n"))
                .isEqualTo("origin_not_allowed");
        assertThat(ask(OPEN, "GET", "localhost", "sec-fetch-site: cross-site\r\n"))
                .isEqualTo("served");
    }

    @Test
    void otherClientIsServedUnderAnyHostName() throws IOException {
        assertThat(ask(OPEN, "POST", "quern.models.svc.cluster.local:8080", "user-agent: python-httpx/0.27\r\n"))
                .isEqualTo("served");
    }

    @Test
    void allowedHostsAreServedToBrowsers() throws IOException {
        Browsers some = new Browsers(true, false, List.of("chat.example.com", "*.corp.example"));
        for (String host : List.of("chat.example.com", "a.corp.example")) {
            assertThat(ask(some, "POST", host, "origin: https://" + host + "\r\n"))
                    .isEqualTo("served");
        }
        assertThat(ask(some, "POST", "corp.example", "origin: https://corp.example\r\n"))
                .isEqualTo("host_not_allowed");
        assertThat(ask(
                        new Browsers(true, false, List.of("*")),
                        "POST",
                        "any.example",
                        "origin: http://any.example\r\n"))
                .isEqualTo("served");
    }

    @Test
    void withCorsFilterOnlyHostIsChecked() throws IOException {
        Browsers cors = new Browsers(true, true, List.of());
        assertThat(ask(cors, "POST", "localhost", "origin: https://chat.example.com\r\n"))
                .isEqualTo("served");
        assertThat(ask(cors, "POST", "evil.example", "origin: http://evil.example\r\n"))
                .isEqualTo("host_not_allowed");
    }

    @Test
    void withKeysEveryOriginIsServed() throws IOException {
        assertThat(ask(new Browsers(false, false, List.of()), "POST", "evil.example", "origin: null\r\n"))
                .isEqualTo("served");
    }

    private static String ask(Browsers browsers, String method, String host, String headers) throws IOException {
        asked = browsers;
        try (Socket socket = new Socket("localhost", server.actualPort())) {
            String request = method + " / HTTP/1.1\r\nhost: " + host + "\r\ncontent-length: 0\r\nconnection: close\r\n"
                    + headers + "\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return answer.substring(answer.indexOf("\r\n\r\n") + 4);
        }
    }
}
