package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.model.TinyModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs the packaged application with models whose memory is not a plain KV cache, and with one that cannot be loaded.
 */
@EnabledOnOs(OS.LINUX)
class TinyModelsIT {
    private static final int SHORT = 40;
    private static final int LONG = 600;
    private static final int KILL_AFTER_EVENTS = 20;

    /** Attempts: a worker may finish its text before the test kills it. */
    private static final int ATTEMPTS = 10;

    @TempDir
    Path home;

    @ParameterizedTest
    @EnumSource
    void textsMatchAcrossMethodsAndAfterKill(TinyModel model) throws Exception {
        List<String> methods = model == TinyModel.GEMMA3 ? PackagedEngine.methods() : List.of("spawn", "forkserver");
        String whole = null;
        for (String method : methods) {
            if (method.startsWith("fork") && !EngineProcess.hasLauncher()) {
                continue;
            }
            try (EngineProcess engine = start(method, model.file())) {
                engine.awaitReady();
                String first = text(engine, SHORT);
                // An inline worker is a thread of the engine, so it cannot be killed.
                String disturbed = method.equals("inline") ? text(engine, LONG) : textWhoseWorkerIsKilled(engine);
                assertThat(text(engine, SHORT))
                        .as("%s: the next text in the same slot", method)
                        .isEqualTo(first);
                whole = whole == null ? text(engine, LONG) : whole;
                assertThat(disturbed).as("%s: the text after a kill", method).isEqualTo(whole);
                assertThat(whole).as(method).startsWith(first);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"spawn", "forkserver"})
    void unloadableModelEndsEngineWithoutRestarts(String method) throws Exception {
        assumeTrue(
                method.equals("spawn") || EngineProcess.hasLauncher(),
                "skipped: this build has no launcher, because it lacked a C compiler");
        // One layer more than the file has tensors for.
        byte[] bytes = Files.readAllBytes(TinyModel.GEMMA3.file());
        byte[] key = "gemma3.block_count".getBytes(StandardCharsets.UTF_8);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("gemma3.block_count") + key.length + 4;
        bytes[at]++;
        Path model = Files.write(home.resolve("broken.gguf"), bytes);
        try (EngineProcess engine = start(method, model)) {
            engine.refuses("given up, because another start would fail the same way: cannot load the model", "blk.6.");
            assertThat(engine.log()).noneMatch(line -> line.contains("restarts in"));
        }
    }

    private EngineProcess start(String method, Path model) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "QUERN_HOME",
                home.toString(),
                "QUERN_MODEL",
                model.toString(),
                "QUERN_MODEL_NAME",
                "tiny",
                "QUERN_WORKER_START_METHOD",
                method,
                "QUERN_WORKER_SLOTS",
                "1",
                "QUERN_WORKER_CONTEXT_LENGTH",
                "1024"));
        List<String> prefix = method.equals("fork") ? EngineProcess.launcherPrefix() : List.of();
        return EngineProcess.launch(prefix, environment, true);
    }

    private static String text(EngineProcess engine, int tokens) {
        return EngineProcess.parse(engine.post("/v1/completions", body(tokens, false)))
                .at("/choices/0/text")
                .asText();
    }

    private static String textWhoseWorkerIsKilled(EngineProcess engine) throws IOException, InterruptedException {
        double moved = engine.metric("quern_migrations_total");
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            StringBuilder text = new StringBuilder();
            long worker = engine.workerPids().getFirst();
            try (EventStream stream = EventStream.open(engine, "/v1/completions", body(LONG, true))) {
                int events = 0;
                for (JsonNode event = stream.next(); event != null; event = stream.next()) {
                    text.append(event.at("/choices/0/text").asText(""));
                    if (++events == KILL_AFTER_EVENTS) {
                        ProcessHandle.of(worker).ifPresent(ProcessHandle::destroyForcibly);
                    }
                }
                assertThat(stream.done()).isTrue();
            }
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> !engine.workerPids().isEmpty()
                            && engine.workerPids().getFirst() != worker
                            && engine.get("/q/health/ready").statusCode() == 200);
            if (engine.metric("quern_migrations_total") > moved) {
                return text.toString();
            }
        }
        throw new AssertionError("no worker was killed in the middle of a text");
    }

    private static String body(int tokens, boolean stream) {
        return """
            {"model": "tiny", "temperature": 0, "ignore_eos": true, "max_tokens": %d, "stream": %b, "prompt": "%s"}\
            """.formatted(
                        tokens, stream, "A quern grinds grain between two stones, and the upper one turns. ".repeat(6));
    }
}
