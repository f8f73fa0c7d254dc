package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that sends its clients' requests over one HTTP/2 connection, and resets those whose clients have left. */
@Timeout(120)
class Http2ResetsIT {
    private static final String BODY = "{\"prompt\":\"A fork server\",\"stream\":true,\"max_tokens\":900,\"ignore_eos\":true}";
    private static final int RESETS = 300;
    private static final int CANCEL = 8;

    @TempDir
    Path home;

    @Test
    void resetsAreNotLoggedAndWithinTheConfiguredLimitCutNobody() throws Exception {
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

    private static HttpClientRequest open(HttpClient gateway, int port) throws Exception {
        return gateway.request(HttpMethod.POST, port, "127.0.0.1", "/v1/completions")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }
}
