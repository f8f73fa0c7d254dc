package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The commands run, ps and bench of the packaged application: over pipes, and in a pseudo-terminal. */
@EnabledOnOs(OS.LINUX)
class ChatIT {
    private static final String QUESTION = "What is a fork server?";
    private static final String ANSWER =
            "A fork server is a small, clean process that loads the model once and then forks every"
                    + " worker from itself. The workers share its memory, so they start fast.";
    private static final String KEY = "sk-of-the-engine";

    @TempDir
    static Path home;

    private static EngineProcess engine;

    @TempDir
    Path folder;

    @BeforeAll
    static void serve() {
        // the key of the commands may be in the environment of an engine that has keys
        engine = EngineProcess.start(
                Map.of("QUERN_HOME", home.toString(), "QUERN_OPENAI_API_KEYS", KEY, "QUERN_API_KEY", KEY));
    }

    @AfterAll
    static void stop() throws IOException {
        engine.close();
        try (Stream<Path> records = Files.list(home.resolve("engines"))) {
            assertThat(records).as("the record goes with its engine").isEmpty();
        }
    }

    /** What a command has printed, and its exit code. */
    private record Result(int exitCode, String out, String err) {}

    private static ProcessBuilder command(Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>(PackagedEngine.command(List.of()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("QUERN_") || name.startsWith("QUARKUS_"));
        builder.environment().put("QUERN_HOME", home.toString());
        builder.environment().putAll(environment);
        return builder;
    }

    private Result run(Map<String, String> environment, String input, String... arguments) throws Exception {
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = command(environment, arguments)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        try (OutputStream to = process.getOutputStream()) {
            to.write(input.getBytes(StandardCharsets.UTF_8));
        }
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private static Map<String, String> key() {
        return Map.of("QUERN_API_KEY", KEY);
    }

    @Test
    void overPipesTheAnswerIsAllThatIsPrinted() throws Exception {
        assertThat(run(key(), QUESTION + "\n", "run", "demo", "--temperature", "0"))
                .isEqualTo(new Result(0, ANSWER + "\n", ""));
        assertThat(run(key(), "fork server?", "run", "demo", "What is a", "-", "--temperature", "0")
                        .out())
                .isNotBlank();
        Result json = run(key(), "", "run", "demo", QUESTION, "--temperature", "0", "--json");
        assertThat(json.exitCode()).isZero();
        assertThat(EngineProcess.parse(json.out()).path("answer").asText()).isEqualTo(ANSWER);
    }

    @Test
    void failuresHaveMessagesAndExitCodes() throws Exception {
        Result noKey = run(Map.of(), "", "run", "demo", QUESTION);
        assertThat(noKey.exitCode()).isEqualTo(6);
        assertThat(noKey.err()).contains("needs an API key", "QUERN_API_KEY").doesNotContain("\tat ");
        String url = engine.uri("/").toString();
        Result unknown = run(key(), "", "run", "dmo", QUESTION, "--url", url);
        assertThat(unknown.exitCode()).isEqualTo(4);
        assertThat(unknown.err()).contains("does not serve dmo. It serves demo.");
        assertThat(run(key(), "", "run", "demo", "--url", url).exitCode())
                .as("an empty prompt")
                .isEqualTo(2);
        Path file = folder.resolve("none.gguf");
        assertThat(run(key(), "", "run", file.toString(), QUESTION).exitCode()).isEqualTo(4);
        Files.writeString(file, "no model");
        Result noFile = run(key(), "", "run", file.toString(), QUESTION);
        assertThat(noFile.exitCode()).isEqualTo(1);
        assertThat(noFile.err()).contains("The engine ended", "none.gguf", "Its whole log is ");
        assertThat(noFile.out()).isEmpty();
    }

    @Test
    void psShowsTheWorkersOfThisHome() throws Exception {
        Result json = run(Map.of(), "", "ps", "--json");
        assertThat(json.exitCode()).isZero();
        JsonNode shown = null;
        for (JsonNode one : EngineProcess.parse(json.out())) {
            if (one.path("ownedBy").isNull()) {
                shown = one;
            }
        }
        assertThat(shown).isNotNull();
        assertThat(shown.path("state").asText()).isEqualTo("ready");
        JsonNode worker = shown.path("workers").get(0);
        assertThat(engine.workerPids()).containsExactly(worker.path("pid").asLong());
        assertThat(worker.path("model").asText()).isEqualTo("demo");
        assertThat(worker.path("residentBytes").asLong()).isGreaterThan(1 << 20);
        assertThat(worker.path("tokensPerSecond").isNumber()).isTrue();
        Result table = run(Map.of(), "", "ps");
        assertThat(table.exitCode()).isZero();
        assertThat(table.out())
                .contains("WORKER  PID", shown.path("api").asText())
                .contains(worker.path("pid").asText())
                .doesNotContain("\u001b");
        Result other = run(Map.of("QUERN_HOME", folder.resolve("other").toString()), "", "ps");
        assertThat(other).satisfies(none -> {
            assertThat(none.exitCode()).isZero();
            assertThat(none.out()).isEmpty();
            assertThat(none.err()).startsWith("No engine runs");
        });
    }

    @Test
    void benchMeasuresTheEngine() throws Exception {
        String url = engine.uri("/").toString();
        Path keyFile = Files.writeString(folder.resolve("key"), KEY + "\n");
        Result bench = run(
                Map.of(),
                "",
                "bench",
                url,
                "--api-key-file",
                keyFile.toString(),
                "--requests=6",
                "--concurrency=2",
                "--prompt-tokens=40",
                "--max-tokens=10",
                "--ignore-eos",
                "--json");
        assertThat(bench.exitCode()).as(bench.err()).isZero();
        JsonNode report = EngineProcess.parse(bench.out());
        assertThat(report.path("answered").asInt()).isEqualTo(6);
        assertThat(report.path("tokens").asInt()).isEqualTo(60);
        assertThat(report.path("promptTokens").asInt()).isBetween(6 * 25, 6 * 60);
        assertThat(report.at("/timeToFirstTokenMillis/p50").asDouble()).isPositive();
        Result refused = run(Map.of(), "", "bench", url, "--requests=1");
        assertThat(refused.exitCode()).isEqualTo(6);
        assertThat(refused.err() + bench.err()).doesNotContain(KEY);
    }

    @Test
    void chatInATerminalEndsItsEngineEvenIfKilled() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "skipped: there is no script(1)");
        Gate gate = Gate.make();
        try (TerminalSession session =
                new TerminalSession(gate.environment(), "run", "demo", "--private", "--max-tokens=300")) {
            session.awaitText(">>> ");
            JsonNode own = session.engine();
            long pid = own.path("ownedBy").asLong();
            session.type("/set temperature 0\r");
            gate.closeAfter(20);
            session.type(QUESTION + "\r");
            session.awaitText("A fork server is a small");
            session.type("\u0003");
            session.awaitText("(stopped)");
            assertThat(ProcessState.running(pid))
                    .as("Ctrl-C stops only the answer")
                    .isTrue();
            gate.open();
            session.type(QUESTION + "\r");
            session.awaitText("start fast.");

            List<Long> processes = new ArrayList<>(List.of(own.path("pid").asLong()));
            own.path("workers")
                    .forEach(worker -> processes.add(worker.path("pid").asLong()));
            ProcessHandle.of(own.path("pid").asLong())
                    .orElseThrow()
                    .descendants()
                    .forEach(process -> processes.add(process.pid()));
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(processes).noneMatch(ProcessState::running));
        }
        assertThat(home.resolve("chat/history")).content().contains("fork server");
    }

    /** A command in a pseudo-terminal of 40 columns, which script(1) keeps. */
    private static final class TerminalSession implements AutoCloseable {
        private final Process script;
        private final ByteArrayOutputStream screen = new ByteArrayOutputStream();

        TerminalSession(Map<String, String> environment, String... arguments) {
            List<String> words = command(environment, arguments).command();
            ProcessBuilder builder = command(environment, arguments);
            builder.command(
                    "script",
                    "-qfec",
                    "stty cols 40 rows 24; exec "
                            + String.join(
                                    " ", words.stream().map("'%s'"::formatted).toList()),
                    "/dev/null");
            builder.environment().put("TERM", "xterm");
            try {
                script = builder.redirectError(Redirect.INHERIT).start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Thread.ofPlatform().daemon().start(() -> {
                byte[] buffer = new byte[4096];
                try {
                    for (int n = script.getInputStream().read(buffer);
                            n >= 0;
                            n = script.getInputStream().read(buffer)) {
                        screen.write(buffer, 0, n);
                    }
                } catch (IOException e) {
                    // it is closed
                }
            });
        }

        void type(String keys) throws IOException {
            script.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
            script.getOutputStream().flush();
        }

        /** What is shown, without the sequences that control the terminal and the line breaks at its right edge. */
        private String text() {
            return Pattern.compile("\u001b\\[[0-9;?]*[a-zA-Z]|\u001b[=>]|\r")
                    .matcher(screen.toString(StandardCharsets.UTF_8))
                    .replaceAll("");
        }

        void awaitText(String text) {
            await().atMost(Duration.ofSeconds(180))
                    .untilAsserted(() -> assertThat(text()).contains(text));
        }

        /** The engine that belongs to this session, as ps shows it. */
        JsonNode engine() throws Exception {
            Process ps = command(Map.of(), "ps", "--json")
                    .redirectError(Redirect.INHERIT)
                    .start();
            for (JsonNode one :
                    EngineProcess.parse(new String(ps.getInputStream().readAllBytes(), StandardCharsets.UTF_8))) {
                if (!one.path("ownedBy").isNull()) {
                    return one;
                }
            }
            throw new AssertionError("no engine of a session");
        }

        @Override
        public void close() throws Exception {
            script.destroy();
            if (!script.waitFor(30, TimeUnit.SECONDS)) {
                script.destroyForcibly();
            }
        }
    }
}
