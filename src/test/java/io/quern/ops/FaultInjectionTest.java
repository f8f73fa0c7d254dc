package io.quern.ops;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quern.ServedDemo;
import io.quern.StartsProcesses;
import io.quern.catalog.ModelCatalog;
import io.quern.pool.PoolView;
import io.quern.pool.WorkerPool;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests each fault that can be injected in dev mode and in tests, and that the worker is back afterwards. */
@QuarkusTest
@QuarkusTestResource(ServedDemo.class)
@StartsProcesses
class FaultInjectionTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Inject
    ModelCatalog catalog;

    @AfterEach
    void release() {
        inject("{\"fault\":\"release\"}", 200);
    }

    @BeforeEach
    void awaitWorker() {
        await().atMost(PATIENCE).until(() -> pool().state() == PoolView.State.READY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"kill", "stop", "stall", "corrupt-frame"})
    void misbehavingWorkerIsReplacedAndAnswerIsComplete(String fault) {
        String whole = answer();
        int restarts = restarts();
        inject("{\"fault\":\"" + fault + "\",\"worker\":0}", 200);
        // an idle worker may show the fault only with its next request
        assertThat(answer()).isEqualTo(whole);
        await().atMost(PATIENCE).until(() -> restarts() > restarts && pool().state() == PoolView.State.READY);
        assertThat(answer()).isEqualTo(whole);
    }

    @Test
    void slowWorkerStaysSlowUntilItEnds() {
        String whole = answer();
        inject("{\"fault\":\"slow\",\"millis\":50}", 200);
        long begin = System.nanoTime();
        assertThat(answer()).isEqualTo(whole);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(20 * 50));
        int restarts = restarts();
        inject("{\"fault\":\"kill\"}", 200);
        await().atMost(PATIENCE).until(() -> restarts() > restarts && pool().state() == PoolView.State.READY);
    }

    @Test
    void fullQueueRefusesAndEmptiesAgain() {
        // the worker is held, so two slots are taken and 64 requests wait, however fast it is
        inject("{\"fault\":\"hold\"}", 200);
        inject("{\"fault\":\"fill-queue\",\"millis\":3600000}", 200);
        given().contentType("application/json")
                .body(question(1))
                .post("/v1/chat/completions")
                .then()
                .statusCode(429);
        release();
        await().atMost(PATIENCE)
                .until(() -> catalog.first().admission().waiting() == 0
                        && pool().view().busySlots() == 0);
        assertThat(answer()).isNotEmpty();
    }

    @Test
    void heldWorkerPausesUntilReleased() throws Exception {
        String whole = answer();
        int restarts = restarts();
        inject("{\"fault\":\"hold\",\"steps\":3}", 200);
        CompletableFuture<String> answer =
                CompletableFuture.supplyAsync(FaultInjectionTest::answer, Thread::startVirtualThread);
        await().atMost(PATIENCE).until(() -> pool().view().busySlots() == 1);
        // longer than a worker may be silent: the engine must not take it for stuck
        await().during(Duration.ofSeconds(6))
                .atMost(PATIENCE)
                .until(() -> pool().view().busySlots() == 1 && restarts() == restarts);
        assertThat(answer).isNotDone();
        release();
        assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo(whole);
        assertThat(restarts()).isEqualTo(restarts);
    }

    @Test
    void invalidFaultIsRefused() {
        given().contentType("application/json")
                .body("{\"fault\":\"sulk\"}")
                .post("/q/quern/faults")
                .then()
                .statusCode(400)
                .body(
                        "error.message",
                        containsString("kill, stop, stall, slow, corrupt-frame, hold, release, fill-queue"));
        inject("{\"fault\":\"slow\",\"millis\":0}", 400);
        inject("{\"fault\":\"hold\",\"steps\":-1}", 400);
        inject("{\"fault\":\"kill\",\"worker\":7}", 409);
    }

    private int restarts() {
        return pool().view().workers().getFirst().restarts();
    }

    private static void inject(String body, int status) {
        given().contentType("application/json")
                .body(body)
                .post("/q/quern/faults")
                .then()
                .statusCode(status);
    }

    private static String answer() {
        return given().contentType("application/json")
                .body(question(20))
                .post("/v1/chat/completions")
                .then()
                .statusCode(200)
                .extract()
                .path("choices[0].message.content");
    }

    private static String question(int tokens) {
        return """
                {"messages":[{"role":"user","content":"Tell me a story."}],"temperature":0,"ignore_eos":true,"max_tokens":%d}""".formatted(tokens);
    }

    private WorkerPool pool() {
        return catalog.first().pool();
    }
}
