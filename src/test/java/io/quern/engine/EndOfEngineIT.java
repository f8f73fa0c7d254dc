package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.TestModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However the engine ends, its workers end with it, and what was promised to clients is kept where there is time for it. */
class EndOfEngineIT {
    private static final Duration A_SECOND = Duration.ofSeconds(1);

    /** Tokens that take the demo model some seconds. */
    private static final int LONG = 16_000;

    @TempDir
    Path home;

    private EngineProcess engine;

    @AfterEach
    void stopEngine() {
        if (engine != null) {
            engine.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"spawn", "forkserver", "fork"})
    void killedItLeavesNoWorker(String method) {
        engine = start("2", method);
        List<Long> workers = engine.workerPids();
        assertThat(workers).hasSize(2).allSatisfy(pid -> assertThat(alive(pid)).isTrue());
        engineItself().destroyForcibly();
        await().atMost(A_SECOND).pollInterval(Duration.ofMillis(10)).until(() -> workers.stream()
                .noneMatch(EndOfEngineIT::alive));
        assertThat(engine.exitCode()).isEqualTo(128 + 9);
    }

    @Test
    void aLauncherThatIsKilledTakesWorkersAndEngineAlong() {
        engine = start("2", "fork");
        List<Long> workers = engine.workerPids();
        ProcessHandle itself = engineItself();
        engine.process().toHandle().destroyForcibly();
        await().atMost(A_SECOND).pollInterval(Duration.ofMillis(10)).until(() -> workers.stream()
                .noneMatch(EndOfEngineIT::alive));
        await().atMost(Duration.ofSeconds(10)).until(() -> !ProcessState.running(itself.pid()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"spawn", "forkserver", "fork"})
    void killedWhileWorkersLoadItLeavesNoneEither(String method) {
        boolean owned = method.equals("fork");
        engine = launch("2", method);
        List<ProcessHandle> started = await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(1))
                .until(
                        () -> engine.process().toHandle().descendants().toList(),
                        // the engine itself is one of them where it has a parent of ours
                        list -> list.size() > (owned ? 1 : 0));
        engineItself().destroyForcibly();
        await().atMost(A_SECOND).pollInterval(Duration.ofMillis(10)).until(() -> started.stream()
                .noneMatch(child -> ProcessState.running(child.pid())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"spawn", "forkserver", "fork", "inline"})
    void toldToStopItFinishesWhatRunsRefusesWhatComesAndExitsWithZero(String method) throws Exception {
        engine = start("1", method);
        List<Long> workers = engine.workerPids();
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", body(2_000))) {
            stream.next();
            stream.next();
            engine.process().toHandle().destroy();
            await().pollInterval(Duration.ofMillis(5))
                    .until(() -> engine.get("/q/health/ready").statusCode() == 503);
            var refused = engine.post("/v1/chat/completions", body(5));
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.body()).contains("shutting down");
            List<JsonNode> events = stream.rest();
            assertThat(stream.done()).isTrue();
            assertThat(events.getLast().at("/choices/0/finish_reason").asText()).isIn("length", "stop");
        }
        assertThat(engine.exitCode()).isZero();
        assertThat(workers).noneMatch(EndOfEngineIT::alive);
        try (Stream<Path> left = Files.walk(home.resolve("run"))) {
            assertThat(left).containsExactly(home.resolve("run"));
        }
    }

    @Test
    void whatDoesNotFinishWithinTheGraceIsEndedWithAnError() throws Exception {
        var environment = new java.util.HashMap<>(environment("1", "auto"));
        environment.put("QUERN_SHUTDOWN_GRACE", "300ms");
        engine = EngineProcess.start(environment);
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", body(LONG))) {
            stream.next();
            stream.next();
            engine.process().toHandle().destroy();
            List<JsonNode> events = stream.rest();
            assertThat(stream.done()).isFalse();
            assertThat(events.getLast().at("/error/message").asText()).contains("shutting down");
        }
        assertThat(engine.exitCode()).isEqualTo(1);
    }

    /** As PID 1 of a container is: told once, by SIGTERM to the launcher alone. */
    @ParameterizedTest
    @ValueSource(strings = {"spawn", "forkserver", "fork"})
    void underTheLauncherAllStreamsOfAllWorkersAreServedToTheirEnd(String method) throws Exception {
        assumeTrue(EngineProcess.hasLauncher(), "skipped: there was no C compiler when this was built");
        engine = EngineProcess.launch(EngineProcess.underTheLauncher(), environment("2", method), true);
        engine.awaitReady();
        List<ProcessHandle> all = engine.process().toHandle().descendants().toList();
        List<EventStream> streams = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                EventStream stream = EventStream.open(engine, "/v1/chat/completions", body(200));
                streams.add(stream);
                stream.next();
            }
            engine.process().toHandle().destroy();
            for (EventStream stream : streams) {
                List<JsonNode> events = stream.rest();
                assertThat(events.getLast().at("/choices/0/finish_reason").asText())
                        .isEqualTo("length");
                assertThat(stream.done()).isTrue();
            }
        } finally {
            for (EventStream stream : streams) {
                stream.close();
            }
        }
        assertThat(engine.exitCode()).isZero();
        assertThat(all).noneMatch(one -> alive(one.pid()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "fork"})
    void toldTwiceItStopsAtOnce(String method) throws Exception {
        engine = start("1", method);
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", body(LONG))) {
            stream.next();
            engine.process().toHandle().destroy();
            await().until(() -> engine.log().stream().anyMatch(line -> line.contains("SIGTERM: 1 requests run")));
            engine.process().toHandle().destroy();
            assertThat(engine.exitCode()).isEqualTo(1);
        }
    }

    private EngineProcess start(String workers, String method) {
        EngineProcess started = launch(workers, method);
        started.awaitReady();
        return started;
    }

    private EngineProcess launch(String workers, String method) {
        boolean owned = method.equals("fork");
        assumeTrue(!owned || EngineProcess.hasLauncher(), "skipped: there was no C compiler when this was built");
        return EngineProcess.launch(
                owned ? EngineProcess.underTheLauncher() : List.of(), environment(workers, method), true);
    }

    /** Which is a child of the launcher where that is its parent. */
    private ProcessHandle engineItself() {
        ProcessHandle process = engine.process().toHandle();
        return process.children()
                .filter(child -> child.info().commandLine().orElse("").contains("quarkus-run.jar"))
                .findFirst()
                .orElse(process);
    }

    private Map<String, String> environment(String workers, String startMethod) {
        return Map.of(
                "QUERN_MODEL",
                TestModels.demo().toString(),
                "QUERN_HOME",
                home.toString(),
                "QUERN_POOL_WORKERS",
                workers,
                "QUERN_WORKER_START_METHOD",
                startMethod,
                "QUERN_WORKER_SLOTS",
                "2",
                "QUERN_WORKER_CONTEXT_LENGTH",
                "16384",
                "QUERN_WORKER_AOT_CACHE",
                "false");
    }

    private static String body(int maxTokens) {
        return """
                {"stream": true, "temperature": 0, "ignore_eos": true, "max_tokens": %d,
                 "messages": [{"role": "user", "content": "Tell me a long story."}]}""".formatted(maxTokens);
    }

    private static boolean alive(long pid) {
        return ProcessState.running(pid);
    }
}
