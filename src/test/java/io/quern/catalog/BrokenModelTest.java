package io.quern.catalog;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.quern.StartsProcesses;
import io.quern.TestModels;
import io.quern.embed.QuernEngine;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationException;
import io.quern.pool.PoolView;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests an engine with three models that requests load. The files of two of them cannot be served. */
@QuarkusTest
@TestProfile(BrokenModelTest.TwoBroken.class)
@StartsProcesses
class BrokenModelTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String CUT = "io.quern.test.cut-model";

    @Inject
    ModelCatalog catalog;

    @Inject
    QuernEngine engine;

    public static class TwoBroken implements QuarkusTestProfile {
        @Override
        public boolean disableGlobalTestResources() {
            return true;
        }

        @Override
        public Map<String, String> getConfigOverrides() {
            try {
                Path folder = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "broken-models");
                Path cut = Files.copy(TestModels.demo(), folder.resolve("cut.gguf"));
                try (RandomAccessFile file = new RandomAccessFile(cut.toFile(), "rw")) {
                    file.setLength(file.length() / 2);
                }
                Path page = Files.writeString(folder.resolve("page.gguf"), "<!DOCTYPE html><html>Not found</html>");
                // a system property, because tests and application have class loaders of their own
                System.setProperty(CUT, cut.toString());
                return Map.ofEntries(
                        Map.entry("quern.home", "target/test-home"),
                        Map.entry("quern.worker.slots", "2"),
                        Map.entry("quern.worker.context-length", "256"),
                        Map.entry("quern.catalog.retry-delay", "100ms"),
                        Map.entry("quern.models.whole.model", "demo"),
                        Map.entry("quern.models.cut.model", cut.toString()),
                        Map.entry("quern.models.page.model", page.toString()),
                        Map.entry("quarkus.http.test-port", "0"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void otherModelIsServed() {
        assertThat(catalog.state()).isEqualTo(PoolView.State.READY);
        chat("whole").statusCode(200).body("model", equalTo("whole"));
    }

    @Test
    void requestForABrokenModelGetsTheReason() {
        for (int i = 0; i < 3; i++) {
            refused(chat("page"));
            refused(complete("page"));
            refused(given().contentType("application/json")
                    .body("{\"model\":\"page\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
                    .post("/tokenize")
                    .then());
            pause();
        }
        assertThat(engine.model("page")
                        .answer("Hi")
                        .onFailure()
                        .recoverWithItem(e -> message(e))
                        .await()
                        .atMost(LIMIT))
                .contains("it is not a GGUF model");
    }

    @Test
    void listShowsTheState() {
        given().get("/v1/models")
                .then()
                .statusCode(200)
                .body("data.id", equalTo(List.of("cut", "page", "whole")))
                .body("data[1].state", equalTo("failed"));
        assertThat(catalog.views().get(1).detail()).contains("page.gguf: it is not a GGUF model");
    }

    @Test
    void replacedFileIsServedWithoutARestart() throws IOException {
        chat("cut").statusCode(503).body("error.message", containsString("it is truncated"));
        Path cut = Path.of(System.getProperty(CUT));
        Path whole = Files.copy(TestModels.demo(), cut.resolveSibling("whole"));
        Files.move(whole, cut, StandardCopyOption.REPLACE_EXISTING);
        await().atMost(LIMIT).until(() -> catalog.named("cut").orElseThrow().state() instanceof ModelState.NotLoaded);
        chat("cut").statusCode(200).body("model", equalTo("cut"));
    }

    private static void refused(ValidatableResponse answer) {
        answer.statusCode(503)
                .header("Retry-After", Integer::parseInt, greaterThanOrEqualTo(1))
                .body("error.message", containsString("The model page cannot be loaded: Cannot use model "))
                .body("error.message", containsString("page.gguf: it is not a GGUF model but"));
    }

    private static String message(Throwable failure) {
        GenerationError error = ((GenerationException) failure).error();
        assertThat(error).isInstanceOf(GenerationError.Unavailable.class);
        return error.message();
    }

    /** Longer than the engine takes until it reads a broken file again. */
    private static void pause() {
        long begin = System.nanoTime();
        await().until(() -> System.nanoTime() - begin > Duration.ofMillis(150).toNanos());
    }

    private static ValidatableResponse chat(String model) {
        return given().contentType("application/json")
                .body("{\"model\":\"" + model + "\",\"max_tokens\":3,"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\"Tell me a story.\"}]}")
                .post("/v1/chat/completions")
                .then();
    }

    private static ValidatableResponse complete(String model) {
        return given().contentType("application/json")
                .body("{\"model\":\"" + model + "\",\"max_tokens\":3,\"prompt\":\"Once\"}")
                .post("/v1/completions")
                .then();
    }
}
