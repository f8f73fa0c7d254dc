package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.wire.StateLayout;
import io.quern.worker.WrittenStates;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Copies of states in the memory of a forked worker, which knows where its cache is. */
@EnabledOnOs(OS.LINUX)
class StateCopiesIT {
    private static final String BODY = """
            {"prompt": "The mill", "stream": true, "temperature": 0, "ignore_eos": true, "max_tokens": 4000}""";

    @TempDir
    Path home;

    @Test
    void killedWorkersStreamContinuesFromItsNewTokens() throws Exception {
        assumeTrue(EngineProcess.hasLauncher(), "skipped: this build has no launcher, because it lacked a C compiler");
        try (EngineProcess engine = EngineProcess.start(Map.of(
                "QUERN_HOME", home.toString(),
                "QUERN_WORKER_START_METHOD", "forkserver",
                "QUERN_WORKER_CONTEXT_LENGTH", "8192",
                // without it llama.cpp transposes values, and each copy is a whole one
                "QUERN_WORKER_FLASH_ATTENTION", "on",
                "QUERN_POOL_WORKERS", "1"))) {
            String expected;
            try (EventStream stream = EventStream.open(engine, "/v1/completions", BODY)) {
                expected = text(stream.rest());
            }
            long worker = engine.workerPids().getFirst();
            try (EventStream stream = EventStream.open(engine, "/v1/completions", BODY)) {
                List<JsonNode> events = new ArrayList<>(List.of(stream.next()));
                await().pollInterval(Duration.ofMillis(5)).until(() -> tokensInBlocks(worker) >= 64);
                ProcessHandle.of(worker).orElseThrow().destroyForcibly();
                events.addAll(stream.rest());
                assertThat(stream.done()).isTrue();
                assertThat(text(events)).isEqualTo(expected);
            }
            assertThat(engine.metric("quern_migrations_total")).isOne();
        }
    }

    private static String text(List<JsonNode> events) {
        StringBuilder text = new StringBuilder();
        events.forEach(event -> text.append(event.at("/choices/0/text").asText()));
        return text.toString();
    }

    /** Returns how many tokens the longest copy in blocks contains. */
    private static long tokensInBlocks(long worker) throws IOException {
        long most = 0;
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/" + worker + "/fd"))) {
            for (Path descriptor : descriptors) {
                if (Files.readSymbolicLink(descriptor).toString().contains(StateLayout.NAME_PREFIX)) {
                    most = Math.max(most, WrittenStates.tokensInBlocks(descriptor));
                }
            }
        }
        return most;
    }
}
