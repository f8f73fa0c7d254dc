package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Running streams move from a worker that has more than its share to one that was restarted. */
@EnabledOnOs(OS.LINUX)
@Timeout(180)
class RebalanceIT {
    private static final int STREAMS = 4;

    @TempDir
    Path home;

    @Test
    void streamsReturnToTheRestartedWorkerUnchanged() throws Exception {
        try (EngineProcess engine = EngineProcess.start(Map.of(
                        "QUERN_HOME", home.toString(),
                        "QUERN_POOL_WORKERS", "2",
                        "QUERN_WORKER_CONTEXT_LENGTH", "4096",
                        "QUERN_CALIBRATION_ENABLED", "false"));
                ExecutorService clients = Executors.newFixedThreadPool(STREAMS)) {
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> engine.workerPids().size() == 2 && ready(engine) == 2);
            List<String> expected = texts(streams(engine, clients));
            assertThat(expected).doesNotHaveDuplicates();
            // those that ran longest may have moved, too
            double before = engine.metric("quern_rebalanced_streams_total");

            List<Future<String>> running = streams(engine, clients);
            await().until(() -> busy(engine).equals(List.of(2, 2)));
            ProcessHandle.of(engine.workerPids().get(1)).orElseThrow().destroyForcibly();
            await().until(() -> engine.metric("quern_migrations_total") == 2);
            await().until(() -> busy(engine).equals(List.of(2, 2)));
            assertThat(running).as("they still run").noneMatch(Future::isDone);
            double moved = engine.metric("quern_rebalanced_streams_total");
            assertThat(moved).isGreaterThan(before);
            assertThat(engine.json("/q/quern/pool")
                            .at("/models/0/distribution/moved")
                            .asDouble())
                    .isEqualTo(moved);
            assertThat(texts(running)).isEqualTo(expected);
            assertThat(engine.metric("quern_migrations_total"))
                    .as("only losses count")
                    .isEqualTo(2);
            assertThat(busy(engine)).isEqualTo(List.of(0, 0));
        }
    }

    private static List<Future<String>> streams(EngineProcess engine, ExecutorService clients) {
        List<Future<String>> streams = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            String body = "{\"prompt\":\"Story number " + i
                    + ":\",\"stream\":true,\"max_tokens\":3000,\"ignore_eos\":true,\"temperature\":1,\"seed\":7}";
            streams.add(clients.submit(() -> {
                StringBuilder text = new StringBuilder();
                try (EventStream stream = EventStream.open(engine, "/v1/completions", body)) {
                    for (JsonNode event : stream.rest()) {
                        text.append(event.at("/choices/0/text").asText(""));
                    }
                    assertThat(stream.done()).isTrue();
                }
                return text.toString();
            }));
        }
        return streams;
    }

    private static List<String> texts(List<Future<String>> streams) throws Exception {
        List<String> texts = new ArrayList<>();
        for (Future<String> stream : streams) {
            texts.add(stream.get(90, TimeUnit.SECONDS));
        }
        return texts;
    }

    private static List<Integer> busy(EngineProcess engine) {
        List<Integer> busy = new ArrayList<>();
        engine.json("/q/quern/pool")
                .at("/workers")
                .forEach(worker -> busy.add(worker.at("/busySlots").asInt()));
        return busy;
    }

    private static int ready(EngineProcess engine) {
        int ready = 0;
        for (JsonNode worker : engine.json("/q/quern/pool").at("/workers")) {
            ready += worker.at("/state").asText().equals("ready") ? 1 : 0;
        }
        return ready;
    }
}
