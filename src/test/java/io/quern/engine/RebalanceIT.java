package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Running streams move from a worker that has more than its share to one that was restarted, and away from one that
 * computes a long prompt.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(180)
class RebalanceIT {
    private static final int STREAMS = 4;

    /** Tokens, roughly. */
    private static final int LONG_PROMPT = 4000;

    @TempDir
    Path home;

    @Test
    void streamsReturnToTheRestartedWorkerUnchanged() throws Exception {
        try (EngineProcess engine = twoWorkers(4096);
                ExecutorService clients = Executors.newFixedThreadPool(STREAMS)) {
            awaitBothReady(engine);
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

    @Test
    void longPromptHasAWorkerForItself() throws Exception {
        try (EngineProcess engine = twoWorkers(8192);
                ExecutorService clients = Executors.newFixedThreadPool(STREAMS + 1)) {
            awaitBothReady(engine);
            List<Future<String>> running = streams(engine, clients);
            await().until(() -> busy(engine).equals(List.of(2, 2)));
            String prompt = "{\"max_tokens\":40,\"ignore_eos\":true,\"temperature\":0,\"prompt\":\""
                    + "A fox met a crow in the old wood. ".repeat(LONG_PROMPT / 8) + "\"}";
            Future<String> beside = clients.submit(() -> text(engine, prompt));
            await().until(() -> Set.copyOf(busy(engine)).equals(Set.of(STREAMS, 1)));
            assertThat(beside).as("it is still computed").isNotDone();
            assertThat(running).as("they still run").noneMatch(Future::isDone);
            String text = beside.get(90, TimeUnit.SECONDS);
            await("it generates, so all are even again")
                    .until(() -> busy(engine).equals(List.of(2, 2)));
            List<String> texts = texts(running);
            assertThat(text(engine, prompt)).isEqualTo(text);
            assertThat(texts(streams(engine, clients))).isEqualTo(texts);
            assertThat(engine.metric("quern_migrations_total")).isZero();
        }
    }

    private EngineProcess twoWorkers(int contextLength) {
        return EngineProcess.start(Map.of(
                "QUERN_HOME",
                home.toString(),
                "QUERN_POOL_WORKERS",
                "2",
                "QUERN_WORKER_CONTEXT_LENGTH",
                Integer.toString(contextLength),
                "QUERN_CALIBRATION_ENABLED",
                "false"));
    }

    private static void awaitBothReady(EngineProcess engine) {
        await().atMost(Duration.ofSeconds(60)).until(() -> engine.workerPids().size() == 2 && ready(engine) == 2);
    }

    private static String text(EngineProcess engine, String body) {
        return EngineProcess.parse(engine.post("/v1/completions", body))
                .at("/choices/0/text")
                .asText();
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
