package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands that the log of the engine shows to a new user, exactly as they are written. */
class FirstRunIT {
    @TempDir
    Path home;

    /** The log, the decision and the workers agree. */
    private void topologyIsExplained() {
        JsonNode topology = engine.json("/q/quern/decision").get("topology");
        int workers = topology.get("workers").asInt();
        assertThat(engine.workerPids()).hasSize(workers);
        assertThat(topology.get("reasons")).hasSize(3);
        assertThat(topology.at("/facts/workers").asText()).isEqualTo("auto");
        assertThat(engine.log()).anyMatch(line -> line.contains(" topology: " + workers + " worker"));
        assertThat(engine.json("/q/quern/pool").at("/workers/0/slots").asInt())
                .isEqualTo(topology.get("slots").asInt());
    }

    private EngineProcess engine;

    @AfterEach
    void stopEngine() {
        if (engine != null) {
            engine.close();
        }
    }

    @Test
    void lastLogLineIsWorkingCommand() throws Exception {
        // Without the recording of the cache, which logs a line some seconds later.
        int managementPort;
        try (ServerSocket free = new ServerSocket(0)) {
            managementPort = free.getLocalPort();
        }
        engine = EngineProcess.start(Map.of(
                "QUERN_HOME",
                home.toString(),
                "QUERN_WORKER_AOT_CACHE",
                "false",
                "QUERN_POOL_WORKERS",
                "auto",
                "QUARKUS_MANAGEMENT_PORT",
                Integer.toString(managementPort)));
        String command = command();
        assertThat(engine.log())
                .anyMatch(
                        line -> line.contains("health and metrics are at http://127.0.0.1:" + managementPort + "/q/"));
        assertThat(engine.log().stream().filter(line -> line.contains("io.quern.")))
                .last()
                .asString()
                .endsWith(command);
        assertThat(answer(command)).isEqualTo("demo");
        assertThat(engine.warnings()).isEmpty();
        topologyIsExplained();
        assertThat(engine.log()).as("the model's size").anyMatch(line -> line.contains("; llama 3M Q8_0 on CPU"));
    }

    @Test
    void commandHasPlaceholderIfKeysAreSet() throws Exception {
        engine = EngineProcess.start(Map.of("QUERN_HOME", home.toString(), "QUERN_OPENAI_API_KEYS", "sk-first"));
        assertThat(run(command())).contains("invalid_api_key").doesNotContain("sk-first");
        assertThat(answer(command().replace("YOUR_KEY", "sk-first"))).isEqualTo("demo");
    }

    /** The log says why fork was not chosen, with a command that makes it possible. */
    @Test
    void loggedForkCommandStartsByFork() throws Exception {
        assumeTrue(EngineProcess.hasLauncher(), "skipped: this build has no launcher, because it lacked a C compiler");
        engine = EngineProcess.start(Map.of("QUERN_HOME", home.toString()));
        String reason = StreamSupport.stream(
                        engine.json("/q/quern/decision").get("rejected").spliterator(), false)
                .filter(one -> one.get("method").asText().equals("fork"))
                .map(one -> one.get("reason").asText())
                .findFirst()
                .orElseThrow();
        String command = reason.substring(reason.indexOf("QUERN_WORKER_START_METHOD"));
        engine.close();

        engine = EngineProcess.paste(command, Map.of("QUERN_HOME", home.toString()));
        engine.awaitReady();
        JsonNode decision = engine.json("/q/quern/decision");
        assertThat(decision.get("method").asText()).as(command).isEqualTo("fork");
    }

    private String command() {
        String line = await().until(
                        () -> engine.log().stream()
                                .filter(one -> one.contains("  curl "))
                                .findFirst()
                                .orElse(null),
                        found -> found != null);
        return line.substring(line.indexOf("curl "));
    }

    /** Returns the model that an answer names. */
    private static String answer(String command) throws IOException, InterruptedException {
        String answer = run(command);
        JsonNode json = new ObjectMapper().readTree(answer);
        assertThat(json.at("/choices/0/message/content").asText()).as(answer).isNotBlank();
        return json.get("model").asText();
    }

    private static String run(String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("/bin/sh", "-c", command.replaceFirst("curl", "curl -sS"))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(command).isZero();
        return out;
    }
}
