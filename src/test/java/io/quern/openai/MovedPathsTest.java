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

/**
 * Tests an application with all endpoints below one path, its REST resources below another, and no management
 * interface.
 */
@QuarkusTest
@QuarkusTestResource(ServedDemo.class)
@TestProfile(MovedPathsTest.Moved.class)
@StartsProcesses
class MovedPathsTest {
    private static final String BELOW = "/llm/api";

    @TestHTTPResource("/")
    URI main;

    public static class Moved implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "quarkus.http.root-path", "/llm",
                    "quarkus.rest.path", "/api",
                    "quarkus.http.non-application-root-path", "manage",
                    "quarkus.management.enabled", "false",
                    "quern.ops.api-keys", "$ecret\\key",
                    "quern.openai.max-body-size", "64K",
                    "quarkus.http.limits.max-body-size", "16K");
        }
    }

    /** Keeps RestAssured from adding to paths: those of this test are complete. */
    @BeforeEach
    void clearBasePath() {
        RestAssured.basePath = "";
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/nothing, GET, 404, unknown_url",
        "/v1/chat, GET, 404, unknown_url",
        "/v1/models, POST, 405, method_not_allowed",
        "/v1/chat/completions, GET, 405, method_not_allowed"
    })
    void unknownPathAnswersInOpenAiFormat(String path, String method, int status, String code) {
        given().request(method, BELOW + path)
                .then()
                .statusCode(status)
                .contentType("application/json")
                .body("error.code", equalTo(code))
                .body("error.message", containsString(BELOW + path));
    }

    @Test
    void onlyBodyBeyondApiLimitIsRefused() {
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
    @ValueSource(strings = {"/v1/models", "/health"})
    void clientPathsMoveWithResources(String path) {
        assertThat(status(BELOW + path, "")).isNotEqualTo(404);
        assertThat(status(path, "")).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/metrics", "/q/quern/pool", "/q/quern/decision"})
    void operatorPathsMoveAndRequireOperatorKey(String path) {
        assertThat(status(path, "")).isEqualTo(404);
        assertThat(status(BELOW + path, "")).isEqualTo(401);
        assertThat(status(BELOW + path, "Bearer another")).isEqualTo(401);
        assertThat(status(BELOW + path, "Bearer $ecret\\key")).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"health/live", "health/ready", "metrics"})
    void quarkusEndpointsMoveByTheirOwnKey(String path) {
        assertThat(status("/llm/manage/" + path, "")).isNotEqualTo(404);
        assertThat(status("/llm/q/" + path, "")).isEqualTo(404);
    }

    private int status(String path, String authorization) {
        return given().header("Authorization", authorization)
                .get(main.resolve(path))
                .statusCode();
    }
}
