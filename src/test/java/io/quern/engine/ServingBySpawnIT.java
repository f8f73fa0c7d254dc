package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.Test;

/** The embedded demo model as on a first run, except that workers are spawned. */
class ServingBySpawnIT extends ProcessServingContract {
    ServingBySpawnIT() {
        super("demo", "demo", 8192, "spawn");
    }

    @Test
    void engineWithoutWorkerIsNotReady() {
        await().until(() -> engine.get("/q/health/ready").statusCode() == 200);
        // The next worker cannot warm up.
        gate.closeAfter(0);
        ProcessHandle.of(engine.workerPids().getFirst()).orElseThrow().destroyForcibly();
        await().until(() -> engine.get("/q/health/ready").statusCode() == 503);
        assertThat(engine.get("/q/health/live").statusCode()).isEqualTo(200);
        gate.open();
        await().until(() -> engine.get("/q/health/ready").statusCode() == 200);
    }
}
