package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A fork server forks the workers. Skipped if this build has no launcher, because there was no C compiler. */
@EnabledOnOs(OS.LINUX)
class ServingByForkserverIT extends ProcessServingContract {
    ServingByForkserverIT() {
        super("demo", "demo", 8192, "forkserver");
    }

    @BeforeAll
    static void skipWithoutLauncher() {
        assumeTrue(EngineProcess.hasLauncher(), "skipped: this build has no launcher, because it lacked a C compiler");
    }

    @Test
    void killedForkServerAndItsWorkersAreReplaced() {
        long worker = engine.workerPids().getFirst();
        ProcessHandle launcher = ProcessHandle.of(worker).orElseThrow().parent().orElseThrow();
        assertThat(launcher.info().commandLine().orElseThrow()).contains("quern-launcher");
        launcher.destroyForcibly();
        await().until(() -> !ProcessState.running(worker));
        await().until(() -> engine.get("/q/health/ready").statusCode() == 200);
        List<Long> now = engine.workerPids();
        assertThat(now).hasSize(1).doesNotContain(worker);
        JsonNode decision = engine.json("/q/quern/decision");
        assertThat(decision.get("method").asText()).isEqualTo("forkserver");
        assertThat(decision.get("revisions")).isEmpty();
    }
}
