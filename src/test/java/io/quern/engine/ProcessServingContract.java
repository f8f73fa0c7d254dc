package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@link ServingContract} asks, and what holds besides where the worker is a process of its own. */
abstract class ProcessServingContract extends ServingContract {
    ProcessServingContract(String model, String name, int context, String startMethod) {
        super(model, name, context, startMethod);
    }

    @Test
    void aKilledWorkersStreamsEndWithAnErrorAndServiceComesBack() throws Exception {
        long pid = engine.workerPids().getFirst();
        try (EventStream stream =
                EventStream.open(engine, "/v1/chat/completions", longStory().toString())) {
            stream.next();
            stream.next();
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            Instant killed = Instant.now();
            List<JsonNode> events = stream.rest();
            assertThat(Duration.between(killed, Instant.now())).isLessThan(Duration.ofSeconds(1));
            assertThat(events.getLast().at("/error/message").asText()).contains("worker process");
            assertThat(stream.done()).isFalse();
        }
        // the stream's end and the worker's are told by different threads
        await().atMost(Duration.ofMillis(500))
                .until(() -> engine.get("/q/health/ready").statusCode() == 503);
        // sent while there is no worker: it waits for the new one
        assertThat(engine.post("/v1/chat/completions", whole("Say hello.", 3)).statusCode())
                .isEqualTo(200);
        assertThat(engine.get("/q/health/ready").statusCode()).isEqualTo(200);
        assertThat(engine.workerPids().getFirst()).isNotEqualTo(pid);
        assertThat(engine.json("/q/quern/pool").at("/workers/0/lastExit").asText())
                .isEqualTo("signal 9 (KILL)");
    }

    @Test
    void theWorkerIsAProcessOfItsOwnThatPsShows() {
        ProcessHandle worker = ProcessHandle.of(engine.workerPids().getFirst()).orElseThrow();
        assertThat(engine.process().toHandle().descendants()).contains(worker);
        assertThat(worker.info().commandLine().orElseThrow()).contains("io.quern.worker");
    }

    @Test
    void aStoppedWorkerIsFoundAndReplaced() throws Exception {
        long pid = engine.workerPids().getFirst();
        try (EventStream stream =
                EventStream.open(engine, "/v1/chat/completions", longStory().toString())) {
            stream.next();
            stream.next();
            assertThat(new ProcessBuilder("kill", "-STOP", Long.toString(pid))
                            .start()
                            .waitFor())
                    .isZero();
            Instant stopped = Instant.now();
            List<JsonNode> events = stream.rest();
            assertThat(Duration.between(stopped, Instant.now()))
                    .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(6));
            assertThat(events.getLast().at("/error/message").asText()).contains("has not moved for");
        }
        await().until(() -> !ProcessState.running(pid));
        assertThat(engine.post("/v1/chat/completions", whole("Say hello.", 3)).statusCode())
                .isEqualTo(200);
    }
}
