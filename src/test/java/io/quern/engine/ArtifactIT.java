package io.quern.engine;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests the result of the build, jar or native executable, which Quarkus finds and starts itself. */
@QuarkusIntegrationTest
@WithTestResource(ArtifactIT.Home.class)
class ArtifactIT {

    /** Gives the application a home of its own. */
    public static class Home implements QuarkusTestResourceLifecycleManager {
        static int managementPort;

        private Path folder;

        @Override
        public Map<String, String> start() {
            try (ServerSocket free = new ServerSocket(0)) {
                managementPort = free.getLocalPort();
                folder = Files.createTempDirectory("quern-artifact-");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return Map.of(
                    "quern.home",
                    folder.toString(),
                    "quern.worker.aot-cache",
                    "false",
                    "quarkus.management.port",
                    Integer.toString(managementPort));
        }

        @Override
        public void stop() {
            try (var files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(java.io.File::delete);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @BeforeEach
    void awaitReady() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(180))
                .until(() -> given().get(management("/q/health/ready")).statusCode() == 200);
    }

    private static String management(String path) {
        return "http://127.0.0.1:" + Home.managementPort + path;
    }

    @Test
    void chatStreamsItsAnswer() {
        given().contentType("application/json")
                .body("""
                        {"model": "demo", "stream": true, "temperature": 0,
                         "messages": [{"role": "user", "content": "What is a fork server?"}]}""")
                .post("/v1/chat/completions")
                .then()
                .statusCode(200)
                .contentType("text/event-stream")
                .body(containsString("\"content\":\" fork\""), endsWith("data: [DONE]\n\n"));
    }

    @Test
    void operatorEndpointsAndOpenApiAreServed() {
        given().get(management("/q/quern/decision"))
                .then()
                .statusCode(200)
                .body("facts.native-executable", is(Boolean.toString(PackagedEngine.isNative())))
                .body("facts.java", not(is("")));
        given().get(management("/q/quern/pool")).then().statusCode(200).body("workers[0].state", is("ready"));
        given().get(management("/q/metrics")).then().statusCode(200).body(containsString("vllm:num_requests_running"));
        given().get("/q/openapi").then().statusCode(200).body(containsString("/v1/chat/completions"));
    }

    @Test
    void badRequestGetsAnOpenAiError() {
        given().contentType("application/json")
                .body("{\"model\": \"demo\", \"messages\": 3}")
                .post("/v1/chat/completions")
                .then()
                .statusCode(400)
                .body("error.type", is("invalid_request_error"))
                .body("error.param", is("messages"));
    }
}
