package io.quern.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.pool.DraftTokens;
import io.quern.pool.PoolView;
import io.quern.pool.PoolView.WorkerView;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests what operators see in each state of the pool. */
class PoolStatesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @CsvSource({
        "READY,200,,",
        "STARTING,503,Loading model: why,loading",
        "UNAVAILABLE,503,No worker is ready: why,unavailable",
        "FAILED,503,No worker will become ready again: why,unavailable",
        "STOPPING,503,Shutting down: why,shutting_down"
    })
    void shortHealthReportsEachState(PoolView.State state, int status, String message, String code) throws IOException {
        ShortHealth health = ShortHealth.of(view(state));
        assertThat(health.status()).isEqualTo(status);
        JsonNode body = JSON.readTree(health.body());
        if (status == 200) {
            assertThat(body).isEqualTo(JSON.readTree("{\"status\":\"ok\"}"));
        } else {
            assertThat(body.at("/error/message").asText()).isEqualTo(message);
            assertThat(body.at("/error/code").asText()).isEqualTo(code);
        }
    }

    @ParameterizedTest
    @CsvSource({"READY,true", "UNAVAILABLE,true", "STARTING,false", "FAILED,false", "STOPPING,false"})
    void onlyPoolThatWasReadyCountsAsStarted(PoolView.State state, boolean started) {
        assertThat(StartedCheck.hasBeenReady(state)).isEqualTo(started);
    }

    @ParameterizedTest
    @CsvSource({"READY,true", "UNAVAILABLE,true", "STARTING,true", "STOPPING,true", "FAILED,false"})
    void onlyPoolThatCannotRecoverIsNotLive(PoolView.State state, boolean live) {
        assertThat(LiveCheck.canRecover(state)).isEqualTo(live);
    }

    @Test
    void healthCheckReportsPoolState() {
        HealthCheckResponse check = PoolHealth.describe("pool", view(PoolView.State.UNAVAILABLE), false);
        assertThat(check.getStatus()).isEqualTo(HealthCheckResponse.Status.DOWN);
        assertThat(check.getData().orElseThrow())
                .containsEntry("state", "unavailable")
                .containsEntry("reason", "why")
                .containsEntry("workers", 2L)
                .containsEntry("workersReady", 1L)
                .containsEntry("slots", 4L)
                .containsEntry("busySlots", 1L);
    }

    @Test
    void viewsUseLowerCaseAndIsoTime() throws IOException {
        JsonNode pool = JSON.readTree(OpsJson.write(view(PoolView.State.READY)));
        assertThat(pool.at("/state").asText()).isEqualTo("ready");
        assertThat(pool.at("/workers/0/since").asText()).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(pool.at("/workers/1/pid").isNull()).isTrue();

        JsonNode decision = JSON.readTree(OpsJson.write(new Decision(
                StartMethod.SPAWN,
                "auto",
                Map.of("os", "linux"),
                List.of(new Decision.Rule("r", "m", "")),
                List.of(new Decision.Rejection(StartMethod.FORKSERVER, "no launcher")),
                List.of(),
                List.of())));
        assertThat(decision.at("/method").asText()).isEqualTo("spawn");
        assertThat(decision.at("/rejected/0/method").asText()).isEqualTo("forkserver");
        assertThat(decision.at("/facts/os").asText()).isEqualTo("linux");
    }

    @Test
    void otherMachineSeesNoFolderOrWorkerOutput() throws IOException {
        PoolView whole = view(PoolView.State.UNAVAILABLE);
        PoolView failed = new PoolView(
                whole.state(), "cannot open /srv/models/a.gguf", whole.slots(), whole.busySlots(), whole.workers());
        assertThat(OpsJson.write(failed, false))
                .contains("cannot open a.gguf", "signal 9 (KILL)")
                .doesNotContain("/srv", "last words");
        assertThat(OpsJson.write(failed, true)).contains("/srv/models/a.gguf", "last words");
        assertThat(ShortHealth.of(failed).body()).contains("a.gguf").doesNotContain("/srv");
    }

    private static PoolView view(PoolView.State state) {
        Instant since = Instant.parse("2026-01-02T03:04:05Z");
        return new PoolView(
                state,
                "why",
                4,
                1,
                List.of(
                        new WorkerView(
                                0,
                                4711L,
                                "ready",
                                null,
                                false,
                                since,
                                "spawn",
                                4,
                                1,
                                2048,
                                300,
                                4096,
                                2,
                                5,
                                70,
                                new DraftTokens(21, 14),
                                "cpu",
                                0,
                                null,
                                List.of()),
                        new WorkerView(
                                1,
                                null,
                                "backing-off",
                                "until then",
                                false,
                                since,
                                "spawn",
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                new DraftTokens(0, 0),
                                null,
                                3,
                                "signal 9 (KILL)",
                                List.of("last words"))));
    }
}
