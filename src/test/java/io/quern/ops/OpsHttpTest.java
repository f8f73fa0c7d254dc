package io.quern.ops;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.isA;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quern.ServedDemo;
import io.quern.StartsProcesses;
import io.quern.catalog.ModelCatalog;
import io.quern.pool.PoolView;
import io.quern.pool.WorkerPool;
import jakarta.inject.Inject;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what holds whether the pool is up or not. Tests of the single classes distinguish its states. */
@QuarkusTest
@QuarkusTestResource(ServedDemo.class)
@StartsProcesses
class OpsHttpTest {
    @Inject
    ModelCatalog catalog;

    @TestHTTPResource("/")
    URI root;

    @TestHTTPResource(value = "/", management = true)
    URI management;

    @Test
    void healthChecksReportPoolState() {
        for (String probe : new String[] {"started", "live", "ready"}) {
            given().get(management.resolve("/q/health/" + probe))
                    .then()
                    .statusCode(anyOf(is(200), is(503)))
                    .body("checks.data.state", hasItem(notNullValue()))
                    .body("checks.data.slots", everyItem(isA(Integer.class)));
        }
    }

    @Test
    void poolIsServedAsJson() {
        given().get(management.resolve("/q/quern/pool"))
                .then()
                .statusCode(200)
                .contentType("application/json")
                .body("state", anyOf(equalTo("starting"), equalTo("ready")))
                .body("workers", notNullValue())
                .body("textStability.stable", equalTo(true))
                .body("textStability.reasons", empty());
    }

    @Test
    void poolEventsAreNotBufferedByProxies() throws Exception {
        HttpURLConnection connection = (HttpURLConnection)
                management.resolve("/q/quern/pool/events").toURL().openConnection();
        connection.setReadTimeout(10_000);
        try (InputStream events = connection.getInputStream()) {
            assertThat(connection.getContentType()).startsWith("text/event-stream");
            assertThat(connection.getHeaderField("cache-control")).isEqualTo("no-cache");
            assertThat(connection.getHeaderField("x-accel-buffering")).isEqualTo("no");
            assertThat(events.read()).as("an event").isPositive();
        } finally {
            connection.disconnect();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/q/health/live",
                "/q/metrics",
                "/metrics",
                "/q/quern/pool",
                "/q/quern/pool/events",
                "/q/quern/decision"
            })
    void mainPortServesNothingForOperators(String path) {
        given().get(path).then().statusCode(404);
        given().head(management.resolve(path)).then().statusCode(anyOf(is(200), is(503), is(405)));
    }

    @ParameterizedTest
    @CsvSource({
        "/health, POST",
        "/metrics, PUT",
        "/q/quern/pool, POST",
        "/q/quern/pool/events, FOO",
        "/q/quern/decision, DELETE"
    })
    void wrongMethodAnswersWithAllowedOnes(String path, String method) {
        given().request(method, management.resolve(path))
                .then()
                .statusCode(405)
                .contentType("application/json")
                .header("Allow", "GET, HEAD, OPTIONS")
                .body("error.code", equalTo("method_not_allowed"));
        given().options(management.resolve(path)).then().statusCode(200).header("Allow", "GET, HEAD, OPTIONS");
    }

    @Test
    void inventedMethodsAndPathsCreateNoSeries() {
        for (int i = 0; i < 5; i++) {
            given().request("INVENTED" + i, "/v1/models");
            given().request("INVENTED" + i, "/nowhere/" + i);
            given().get("//nowhere//" + i);
            given().get("/%zz" + i);
            given().request("INVENTED" + i, management.resolve("/q/health/group/" + i));
        }
        String scrape = given().get(management.resolve("/q/metrics")).asString();
        assertThat(scrape).contains("method=\"OTHER\"").doesNotContain("INVENTED", "nowhere", "zz", "group/");
    }

    @Test
    void otherMachineSeesNoFolders() {
        String folder = System.getProperty("java.home");
        given().header("X-Forwarded-For", "10.0.0.1")
                .get(management.resolve("/q/quern/decision"))
                .then()
                .statusCode(200)
                .body(not(containsString("/")), not(containsString(folder)));
    }

    @Test
    void otherOriginMayNotReadManagementPort() {
        for (String path : new String[] {"/q/quern/pool", "/q/health/live", "/q/metrics"}) {
            given().header("Origin", "https://elsewhere.example")
                    .get(management.resolve(path))
                    .then()
                    .header("access-control-allow-origin", nullValue());
        }
    }

    @Test
    void decisionIsServedAsJson() {
        given().get(management.resolve("/q/quern/decision"))
                .then()
                .statusCode(200)
                .contentType("application/json")
                .body("method", equalTo(pool().decision().method().toString()))
                .body("rules", notNullValue());
    }

    @Test
    void shortHealthAgreesWithPool() {
        // repeated until the state is the same before and after
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            PoolView.State before = pool().view().state();
            int status = given().get("/health").statusCode();
            int there = given().get(management.resolve("/health")).statusCode();
            if (pool().view().state() != before) {
                return false;
            }
            assertThat(there).isEqualTo(status);
            assertThat(status).isEqualTo(before == PoolView.State.READY ? 200 : 503);
            return true;
        });
    }

    @Test
    void metricsHaveNamesOfVllm() {
        String scrape = given().get(management.resolve("/q/metrics"))
                .then()
                .statusCode(200)
                .extract()
                .asString();
        for (String name : new String[] {
            "vllm:num_requests_running{model_name=",
            "vllm:num_requests_waiting{model_name=",
            "vllm:prompt_tokens_total{model_name=",
            "vllm:generation_tokens_total{model_name=",
            "vllm:request_success_total{finished_reason=\"stop\",model_name=",
            "vllm:request_success_total{finished_reason=\"length\",model_name=",
            "vllm:request_success_total{finished_reason=\"abort\",model_name=",
            "vllm:time_to_first_token_seconds_bucket{",
            "vllm:time_to_first_token_seconds_sum{",
            "vllm:inter_token_latency_seconds_bucket{",
            "vllm:time_per_output_token_seconds_bucket{",
            "vllm:e2e_request_latency_seconds_bucket{",
            "vllm:request_queue_time_seconds_count{",
            "quern_pool_slots{",
            "quern_pool_slots_busy{",
            "quern_worker_restarts_total{",
            "quern_workers{model_name=",
            "quern_request_failures_total{error=\"worker_lost\",",
            "quern_start_method{method=\"spawn\","
        }) {
            assertThat(scrape).contains("\n" + name);
        }
    }

    private WorkerPool pool() {
        return catalog.first().pool();
    }
}
