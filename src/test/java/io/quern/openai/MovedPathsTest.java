package io.quern.openai;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.quern.ServedDemo;
import io.quern.StartsProcesses;
import io.restassured.RestAssured;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An application that has all its endpoints below a path of its own, its REST resources below another, and a management interface. */
@QuarkusTest
@QuarkusTestResource(ServedDemo.class)
@TestProfile(MovedPathsTest.Moved.class)
@StartsProcesses
class MovedPathsTest {
    private static final String BELOW = "/llm/api";

    @TestHTTPResource("/")
    URI main;

    @TestHTTPResource(value = "/", management = true)
    URI management;

    public static class Moved implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "quarkus.http.root-path", "/llm",
                    "quarkus.rest.path", "/api",
                    "quarkus.http.non-application-root-path", "manage",
                    "quarkus.management.enabled", "true",
                    "quarkus.management.test-port", "0",
                    "quern.openai.max-body-size", "64K",
                    "quarkus.http.limits.max-body-size", "16K");
        }
    }

    /** Paths here are whole ones. */
    @BeforeEach
    void nothingIsAddedToPaths() {
        RestAssured.basePath = "";
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/nothing, GET, 404, unknown_url",
        "/v1/chat, GET, 404, unknown_url",
        "/v1/models, POST, 405, method_not_allowed",
        "/v1/chat/completions, GET, 405, method_not_allowed"
    })
    void whatIsNotThereHasOpenAisShape(String path, String method, int status, String code) {
        given().request(method, BELOW + path)
                .then()
                .statusCode(status)
                .contentType("application/json")
                .body("error.code", equalTo(code))
                .body("error.message", containsString(BELOW + path));
    }

    @Test
    void bodyBeyondTheApisLimitIsRefusedInOpenAisShapeAndOneBelowIsRead() {
        given().body("x".repeat(65 * 1024))
                .contentType("application/json")
                .post(BELOW + "/v1/completions")
                .then()
                .statusCode(413)
                .body("error.code", equalTo("request_too_large"));
        given().body("{\"unknown\":\"" + "x".repeat(32 * 1024) + "\"}")
                .contentType("application/json")
                .post(BELOW + "/v1/completions")
                .then()
                .statusCode(400)
                .body("error.message", equalTo("prompt is missing"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models", "/health", "/metrics", "/q/quern/pool", "/q/quern/decision"})
    void quernsEndpointsAreResourcesAndMoveWithThem(String path) {
        assertThat(status(main, BELOW + path)).isNotEqualTo(404);
        assertThat(status(main, path)).isEqualTo(404);
        assertThat(status(management, path)).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"health/live", "health/ready", "metrics"})
    void quarkusEndpointsMoveToTheManagementInterface(String path) {
        assertThat(status(management, "/q/" + path)).isNotEqualTo(404);
        assertThat(status(main, "/llm/manage/" + path)).isEqualTo(404);
        assertThat(status(main, "/llm/q/" + path)).isEqualTo(404);
    }

    private static int status(URI server, String path) {
        return given().get(server.resolve(path)).statusCode();
    }
}
