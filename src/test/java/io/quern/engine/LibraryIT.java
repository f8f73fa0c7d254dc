package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.jboss.jandex.Index;
import org.jboss.jandex.IndexReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Runs the engine in another application, {@code src/it/consumer}, which records each run of its main. */
@DisabledIf(value = "io.quern.engine.PackagedEngine#isNative", disabledReason = "tests the jar only")
class LibraryIT {
    private static final List<String> METHODS = List.of("spawn", "fork", "forkserver", "inline");
    private static final String START_METHOD = "QUERN_WORKER_START_METHOD";

    private static final String QUESTION = "What is a fork server?";
    private static final String ANSWER =
            "A fork server is a small, clean process that loads the model once and then forks every"
                    + " worker from itself. The workers share its memory, so they start fast.";
    private static final int EXIT_CODE = 7;

    private static Path application;

    @TempDir
    static Path home;

    @TempDir
    Path folder;

    private EngineProcess consumer;

    @BeforeAll
    static void build() throws Exception {
        application = ConsumerApplication.build();
    }

    @AfterEach
    void stop() {
        if (consumer != null) {
            consumer.close();
        }
    }

    @Test
    void libraryJarHasNoMainAndNoConfiguration() throws IOException {
        try (JarFile jar = new JarFile(ConsumerApplication.libraryJar().toFile())) {
            assertThat(jar.stream().map(entry -> entry.getName()))
                    .contains("io/quern/embed/QuernEngine.class", "io/quern/worker/WorkerMain.class")
                    .doesNotContain("application.properties")
                    .noneMatch(name -> name.startsWith("io/quern/cli/"));
            Index index;
            try (InputStream bytes = jar.getInputStream(jar.getEntry("META-INF/jandex.idx"))) {
                index = new IndexReader(bytes).read();
            }
            assertThat(index.getKnownClasses())
                    .extracting(known -> known.name().toString())
                    .contains("io.quern.embed.QuernEngine")
                    .noneMatch(name -> name.startsWith("io.quern.cli."));
        }
    }

    @ParameterizedTest
    @FieldSource("METHODS")
    void startMethodsAnswerAlikeAndNeverRunMain(String method) throws IOException {
        assumeTrue(
                !method.startsWith("fork") || EngineProcess.hasLauncher(),
                "skipped: this build has no launcher, because it lacked a C compiler");
        start(Map.of(START_METHOD, method));
        awaitAnswer();
        assertThat(consumer.log()).contains("method: " + method, "answer: " + ANSWER);
        for (String thread : List.of("event-loop", "worker-thread", "virtual-thread")) {
            assertThat(ask(thread)).as("asked on a %s", thread).isEqualTo(ANSWER);
        }

        killWorkers();
        assertThat(ask("event-loop")).as("from a restarted worker").isEqualTo(ANSWER);

        List<ProcessHandle> children =
                consumer.process().toHandle().descendants().toList();
        assertThat(children.isEmpty()).as("has no child process").isEqualTo(method.equals("inline"));
        consumer.process().getOutputStream().close();
        assertThat(consumer.exitCode())
                .as("the exit code that its main returns")
                .isEqualTo(EXIT_CODE);
        await().until(() -> children.stream().noneMatch(child -> ProcessState.running(child.pid())));
        assertThat(runs()).containsExactly("main");
    }

    @Test
    void streamFromGuideKeepsSpacesBetweenWords() throws IOException {
        for (String shown : List.of("AnswerStream", "Chat")) {
            String source = Files.readString(ConsumerApplication.source(shown));
            assertThat(Files.readString(Path.of("docs/howto/embed-in-quarkus.md")))
                    .as("the guide shows the class of this application")
                    .contains(source.substring(source.indexOf("@Path"))
                            .lines()
                            .map(line -> line.isEmpty() ? line : "    " + line)
                            .collect(Collectors.joining("\n")));
        }
        start(Map.of());
        awaitAnswer();
        HttpResponse<String> stream = consumer.get("/answer?question=" + question());
        assertThat(stream.headers().firstValue("content-type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
        List<JsonNode> pieces = stream.body()
                .lines()
                .filter(line -> line.startsWith("data:"))
                .map(line -> EngineProcess.parse(line.substring("data:".length())))
                .toList();
        assertThat(pieces).hasSizeGreaterThan(10);
        assertThat(pieces.stream().map(piece -> piece.get("text").asText())).anyMatch(text -> text.startsWith(" "));
        assertThat(pieces.stream().map(piece -> piece.get("text").asText()).collect(Collectors.joining()))
                .isEqualTo(ANSWER);
        assertThat(pieces.getLast().get("end").asText()).isEqualTo("stop");
        assertThat(consumer.warnings()).isEmpty();
    }

    @Test
    void applicationKeepsItsPathsAndLimits() {
        start(Map.of("QUARKUS_HTTP_LIMITS_MAX_BODY_SIZE", "2M", "QUERN_OPENAI_MAX_BODY_SIZE", "1M"));
        awaitAnswer();
        assertThat(consumer.get("/v1/models").statusCode()).isEqualTo(200);
        assertThat(consumer.get("/v1/nothing").body()).contains("unknown_url");
        assertThat(consumer.get("/nothing").body()).doesNotContain("unknown_url");

        HttpResponse<String> order = consumer.get("/v1/orders/7");
        assertThat(order.statusCode()).isEqualTo(404);
        assertThat(order.body()).doesNotContain("unknown_url");
        String large = " ".repeat(1_500_000);
        assertThat(consumer.post("/v1/orders", large).body()).isEqualTo("1500000");
        assertThat(consumer.post("/v1/completions", large).body()).contains("request_too_large");
    }

    @Test
    void apiBodyLimitMayExceedApplicationLimit() {
        start(Map.of("QUARKUS_HTTP_LIMITS_MAX_BODY_SIZE", "1M"));
        awaitAnswer();
        assertThat(consumer.post("/v1/completions", " ".repeat(1_500_000)).body())
                .contains("The body is empty");
    }

    @Test
    void disabledEndpointsAreNotFound() {
        start(Map.of("QUERN_OPENAI_ENABLED", "false", "QUERN_OPS_ENABLED", "false"));
        awaitAnswer();
        String nothing = consumer.get("/nothing").body();
        for (String path : List.of(
                "/v1/models",
                "/v1/chat/completions",
                "/v1/nothing",
                "/health",
                "/metrics",
                "/q/quern/pool",
                "/q/quern/decision")) {
            HttpResponse<String> answer = consumer.get(path);
            assertThat(answer.statusCode()).as(path).isEqualTo(404);
            assertThat(answer.body()).as(path).isEqualTo(nothing);
        }
        assertThat(consumer.post("/v1/chat/completions", "{}").statusCode()).isEqualTo(404);
        assertThat(consumer.get("/q/openapi").body())
                .contains("/ask/event-loop")
                .doesNotContain("/v1/models:", "/v1/chat", "/health", "/q/quern");
        assertThat(consumer.get("/q/health/ready").statusCode()).isEqualTo(200);
        assertThat(ask("event-loop")).isEqualTo(ANSWER);
    }

    @Test
    void mistypedQuernKeyIsRefusedOthersAreIgnored() {
        start(Map.of(), "-Dquern.pool.worker=2", "-Dconsumer.colour=green");
        assertThat(consumer.exitCode()).isEqualTo(1);
        await().until(() -> String.join("\n", consumer.log())
                .contains("unknown configuration key quern.pool.worker; did you mean quern.pool.workers?"));
    }

    @Test
    void unsetVariableEndsBootOfApplication() {
        start(Map.of("QUERN_OPENAI_API_KEYS", "${NOT_SET}"));
        assertThat(consumer.exitCode()).isEqualTo(1);
        await().until(() -> String.join("\n", consumer.log())
                .contains("quern.openai.api-keys refers to ${NOT_SET}, which is not set"));
    }

    private void start(Map<String, String> environment, String... jvmOptions) {
        Map<String, String> variables = new HashMap<>(environment);
        variables.putIfAbsent("CONSUMER_SLOTS", "4");
        variables.put("CONSUMER_RUNS", folder.resolve("runs").toString());
        variables.put("QUERN_HOME", home.toString());
        variables.put("QUERN_WORKER_AOT_CACHE", "false");
        List<String> prefix = "fork".equals(environment.get(START_METHOD)) ? EngineProcess.launcherPrefix() : List.of();
        consumer = EngineProcess.launch(prefix, application, variables, true, List.of(jvmOptions), List.of(QUESTION));
    }

    private void awaitAnswer() {
        await().atMost(Duration.ofSeconds(180)).until(() -> {
            assertThat(consumer.process().isAlive())
                    .as("the application is alive; its log: %s", consumer.log())
                    .isTrue();
            return consumer.log().stream().anyMatch(line -> line.startsWith("answer: "));
        });
    }

    /** Kills all workers and waits until others are ready. */
    private void killWorkers() {
        List<Long> pids = consumer.workerPids();
        pids.forEach(pid -> ProcessHandle.of(pid).orElseThrow().destroyForcibly());
        await().until(() -> pids.stream().noneMatch(ProcessState::running)
                && consumer.workerPids().stream().noneMatch(pids::contains));
        consumer.awaitReady();
    }

    private String ask(String thread) {
        return consumer.get("/ask/" + thread + "?question=" + question()).body();
    }

    private static String question() {
        return URLEncoder.encode(QUESTION, StandardCharsets.UTF_8);
    }

    private List<String> runs() throws IOException {
        return Files.readAllLines(folder.resolve("runs"));
    }
}
