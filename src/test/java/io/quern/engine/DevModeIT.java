package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs {@code quarkus:dev} for an application with Quern in it, as a developer does: with real Maven and real reloads.
 */
@DisabledIf(value = "io.quern.engine.PackagedEngine#isNative", disabledReason = "tests the jar only")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class DevModeIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    /** Quarkus checks for changes at a request, but at most every two seconds. */
    private static final Duration CHECK_INTERVAL = Duration.ofMillis(2100);

    private static final int LONG = 16_000;

    @TempDir
    Path home;

    @TempDir
    Path project;

    private EngineProcess application;
    private int version;

    @AfterEach
    void stop() {
        if (application != null) {
            List<ProcessHandle> all = processes();
            application.close();
            all.forEach(ProcessHandle::destroyForcibly);
        }
    }

    @ParameterizedTest
    @CsvSource({"forkserver, interrupted", "spawn, killed"})
    void reloadKeepsWorkersAndEndLeavesNothing(String method, String end) throws Exception {
        start(Map.of("QUERN_WORKER_START_METHOD", method, "QUERN_POOL_WORKERS", "2"));
        List<Long> workers = application.workerPids();
        assertThat(workers).hasSize(2);
        String answer = answer();

        // Both workers are held, because the stream may be on either; it runs when the reload comes, which releases
        // both.
        hold(0);
        hold(1);
        try (EventStream stream = EventStream.open(application, "/v1/completions", body(LONG))) {
            stream.next();
            changeTheSource();
            assertThat(answer()).as("immediately, from the new application").isEqualTo(answer);
            List<JsonNode> events = stream.rest();
            assertThat(events.getLast().at("/error/code").asText()).isEqualTo("reloaded");
            assertThat(events.getLast().at("/error/message").asText()).contains("reloaded");
            assertThat(stream.done()).isFalse();
        }
        assertThat(application.get("/v1/orders/7").body())
                .as("the change is live")
                .isEqualTo("version 1");
        assertThat(application.workerPids()).isEqualTo(workers);

        // The new application manages the workers as if it had started them.
        ProcessHandle.of(workers.getFirst()).orElseThrow().destroyForcibly();
        await().atMost(PATIENCE)
                .until(() -> application.workerPids().size() == 2
                        && !application.workerPids().contains(workers.getFirst()));
        application.awaitReady();
        assertThat(application.workerPids()).contains(workers.getLast());

        Files.writeString(
                Files.createDirectories(project.resolve("src/main/resources")).resolve("application.properties"),
                "quern.worker.slots=3");
        await().atMost(PATIENCE).pollInterval(CHECK_INTERVAL).until(() -> {
            application.awaitReady();
            return application.json("/q/quern/pool").get("slots").asInt() == 6;
        });
        assertThat(application.workerPids()).hasSize(2).doesNotContainAnyElementsOf(workers);
        assertThat(workers).noneMatch(ProcessState::running);

        // The end must also cover workers that have outlived a reload.
        List<Long> reloadedWorkers = application.workerPids();
        changeTheSource();
        answer();
        assertThat(application.workerPids()).isEqualTo(reloadedWorkers);
        List<ProcessHandle> all = processes();
        if (end.equals("killed")) {
            engine().destroyForcibly();
        } else {
            interrupt();
        }
        await().atMost(PATIENCE).until(() -> all.stream().noneMatch(one -> ProcessState.running(one.pid())));
    }

    /** Runs two engines in one JVM, each with its own workers: that of the application and that of its test. */
    @Test
    void continuousTestsRunAndDevUiIsServed() throws Exception {
        start(
                Map.of("QUERN_WORKER_START_METHOD", "forkserver"),
                "-Dquarkus.test.continuous-testing=enabled",
                "-Dquarkus.http.test-port=0");
        DevUi devUi = new DevUi(application);
        List<Long> workers = application.workerPids();
        awaitTests(devUi, 1, 0);
        assertThat(application.workerPids()).isEqualTo(workers);

        assertThat(application.get("/q/dev-ui/devui-data.js").body())
                .contains("\"componentRef\":\"./../qwc/../../quern/dev-ui.js\"");
        var component = application.get("/q/quern/dev-ui.js");
        assertThat(component.statusCode()).isEqualTo(200);
        assertThat(component.headers().firstValue("content-type").orElseThrow()).startsWith("text/javascript");
        assertThat(component.body()).contains("customElements.define('qwc-quern'");

        // An edited test runs again without a request.
        Path test = project.resolve(ConsumerApplication.TEST);
        Files.writeString(test, Files.readString(test).replace("contains(\"process\")", "contains(\"no such word\")"));
        awaitTests(devUi, 0, 1);
    }

    private static void awaitTests(DevUi devUi, int passed, int failed) {
        // The application may be restarting at any moment.
        await().atMost(PATIENCE.multipliedBy(3))
                .pollInterval(CHECK_INTERVAL)
                .ignoreExceptions()
                .untilAsserted(() -> {
                    JsonNode state = devUi.testing();
                    assertThat(state.at("/inProgress").asBoolean()).isFalse();
                    assertThat(state.at("/result/counts/passed").asInt()).isEqualTo(passed);
                    assertThat(state.at("/result/counts/failed").asInt()).isEqualTo(failed);
                });
    }

    private void start(Map<String, String> more, String... options) throws IOException {
        assumeTrue(EngineProcess.hasLauncher(), "skipped: this build has no launcher, because it lacked a C compiler");
        Map<String, String> environment = new HashMap<>(more);
        environment.put("QUERN_MODEL", "demo");
        environment.put("QUERN_HOME", home.toString());
        environment.put("QUERN_WORKER_CONTEXT_LENGTH", "16384");
        environment.put("QUERN_WORKER_AOT_CACHE", "false");
        application = ConsumerApplication.develop(project, environment, options);
        application.awaitReady();
    }

    private void hold(int worker) {
        String fault = "{\"fault\": \"hold\", \"steps\": 3, \"worker\": " + worker + "}";
        assertThat(application.post("/q/quern/faults", fault).statusCode()).isEqualTo(200);
    }

    private void changeTheSource() throws Exception {
        Thread.sleep(CHECK_INTERVAL);
        Path source = project.resolve(ConsumerApplication.ORDERS);
        Files.writeString(
                source,
                Files.readString(source).replaceFirst("(throw|return) .*;", "return \"version " + ++version + "\";"));
    }

    private String answer() {
        JsonNode answer =
                EngineProcess.parse(application.post("/v1/completions", body(8).replace("\"stream\": true,", "")));
        return answer.at("/choices/0/text").asText();
    }

    private static String body(int maxTokens) {
        return """
                {"stream": true, "temperature": 0, "ignore_eos": true, "max_tokens": %d, "prompt": "Once"}""".formatted(maxTokens);
    }

    /** Returns the processes of Maven, the application and their descendants. */
    private List<ProcessHandle> processes() {
        ProcessHandle maven = application.process().toHandle();
        return Stream.concat(Stream.of(maven), maven.descendants()).toList();
    }

    private ProcessHandle engine() {
        return application.process().toHandle().children().findFirst().orElseThrow();
    }

    /**
     * Sends SIGINT as Ctrl-C on a terminal does. Sends SIGTERM instead if SIGINT is ignored, as in background jobs of a
     * shell.
     */
    private void interrupt() throws Exception {
        String ignored = Files.readAllLines(Path.of("/proc/" + engine().pid() + "/status")).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .orElseThrow();
        boolean interruptIgnored =
                (Long.parseUnsignedLong(ignored.substring("SigIgn:".length()).strip(), 16) & 1 << (2 - 1)) != 0;
        for (ProcessHandle one : List.of(engine(), application.process().toHandle())) {
            new ProcessBuilder("kill", interruptIgnored ? "-TERM" : "-INT", Long.toString(one.pid()))
                    .start()
                    .waitFor();
        }
    }
}
