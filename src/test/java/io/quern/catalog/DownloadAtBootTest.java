package io.quern.catalog;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.startsWith;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.quern.StartsProcesses;
import io.quern.TestModels;
import io.quern.embed.QuernEngine;
import io.quern.pool.PoolView;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests an engine whose model is on a server when it boots. The server waits with the content. */
@QuarkusTest
@TestProfile(DownloadAtBootTest.OfAServer.class)
@StartsProcesses
class DownloadAtBootTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String BODY =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Tell me a story.\"}],\"max_tokens\":3}";

    @Inject
    ModelCatalog catalog;

    @Inject
    QuernEngine engine;

    @Inject
    MeterRegistry registry;

    /** Serves the demo model under another name. */
    public static class OfAServer implements QuarkusTestProfile {
        /** A system property, because tests and application have class loaders of their own. */
        static final String RELEASED = "io.quern.test.download-released";

        @Override
        public boolean disableGlobalTestResources() {
            return true;
        }

        @Override
        public Map<String, String> getConfigOverrides() {
            try {
                System.getProperties().put(RELEASED, new CountDownLatch(1));
                return Map.of(
                        "quern.model", "http://127.0.0.1:" + serve() + "/arrives.gguf",
                        "quern.home", "target/test-home",
                        "quern.store.path",
                                Files.createTempDirectory(Path.of("target").toAbsolutePath(), "store")
                                        .toString(),
                        "quern.worker.slots", "2",
                        "quern.worker.context-length", "256",
                        "quarkus.http.test-port", "0");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static int serve() throws IOException {
            byte[] content = Files.readAllBytes(TestModels.demo());
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
            server.setExecutor(task -> Thread.ofPlatform().daemon().start(task));
            server.createContext("/", exchange -> {
                try (exchange) {
                    if (exchange.getRequestMethod().equals("HEAD")) {
                        exchange.getResponseHeaders().add("Content-Length", Integer.toString(content.length));
                        exchange.sendResponseHeaders(200, -1);
                        return;
                    }
                    exchange.sendResponseHeaders(200, content.length);
                    exchange.getResponseBody().write(content, 0, 1000);
                    exchange.getResponseBody().flush();
                    released().await(25, TimeUnit.SECONDS);
                    exchange.getResponseBody().write(content, 1000, content.length - 1000);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            server.start();
            return server.getAddress().getPort();
        }

        static CountDownLatch released() {
            return (CountDownLatch) System.getProperties().get(RELEASED);
        }
    }

    @Test
    void engineIsNotReadyUntilItsModelHasArrived() {
        assertThat(catalog.state()).isEqualTo(PoolView.State.STARTING);
        await().atMost(LIMIT)
                .until(() -> catalog.view().reason().startsWith("downloads http://127.0.0.1")
                        || catalog.view().reason().contains("downloaded"));
        assertThat(catalog.first().state()).isInstanceOf(ModelState.Fetching.class);
        for (String path : new String[] {"/v1/chat/completions", "/v1/completions"}) {
            given().contentType("application/json")
                    .body(path.contains("chat") ? BODY : "{\"prompt\":\"Once\"}")
                    .post(path)
                    .then()
                    .statusCode(503)
                    .body("error.message", startsWith("Loading model: "));
        }
        given().get("/v1/models").then().statusCode(200);

        OfAServer.released().countDown();
        engine.whenReady().await().atMost(LIMIT);
        assertThat(engine.model()).isEqualTo("arrives");
        given().contentType("application/json")
                .body(BODY)
                .post("/v1/chat/completions")
                .then()
                .statusCode(200);
        assertThat(registry.get("vllm:generation_tokens")
                        .tag("model_name", "arrives")
                        .counter()
                        .count())
                .isEqualTo(3);
    }
}
