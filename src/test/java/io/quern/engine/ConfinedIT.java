package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs the engine with as little as a container may provide: only its home is writable, the user has no name, and
 * /dev/shm is tiny.
 */
@EnabledOnOs(OS.LINUX)
class ConfinedIT {
    private static final int TOKENS = 400;

    @TempDir
    Path folder;

    private Path home;
    private EngineProcess engine;

    @BeforeEach
    void openFolder() throws Exception {
        Confinement.open(folder);
        home = Files.createDirectory(folder.resolve("home"));
    }

    @AfterEach
    void stopEngine() {
        if (engine != null) {
            engine.close();
        }
    }

    /** The states of lost workers use memory of their own, which the size of /dev/shm does not limit. */
    @ParameterizedTest
    @CsvSource({"spawn, ro", "forkserver, size=64m"})
    void readOnlySystemServesAndResumesLostStreams(String method, String shm) throws Exception {
        Gate gate = Gate.make();
        engine = EngineProcess.launch(
                Confinement.readOnlyBut(home, "size=512m", shm),
                gate.added(environment("QUERN_WORKER_START_METHOD", method)),
                false);
        engine.awaitReady();
        String whole = EngineProcess.parse(engine.post("/v1/completions", body(false)))
                .at("/choices/0/text")
                .asText();
        long worker = engine.workerPids().getFirst();
        gate.closeAfterFirstTokens();
        try (EventStream stream = EventStream.open(engine, "/v1/completions", body(true))) {
            StringBuilder text = new StringBuilder(text(stream.next()));
            ProcessHandle.of(worker).orElseThrow().destroyForcibly();
            gate.open();
            text.append(stream.rest().stream().map(ConfinedIT::text).collect(Collectors.joining()));
            assertThat(stream.done()).isTrue();
            assertThat(text.toString()).isEqualTo(whole);
        }
        assertThat(engine.json("/q/quern/pool").at("/migrations").asInt()).isEqualTo(1);
        engine.process().toHandle().destroy();
        assertThat(engine.exitCode()).isZero();
        assertThat(engine.log()).noneMatch(line -> line.contains("Read-only file system"));
    }

    @Test
    void fullDiskEndsBootNamingHome() throws Exception {
        engine = EngineProcess.launch(Confinement.readOnlyBut(home, "size=1m", "ro"), environment(), false);
        engine.refuses("Cannot write to Quern's folder " + home, "No space left on device", "QUERN_HOME");
    }

    @Test
    void noexecHomeEndsBootWithReason() throws Exception {
        engine = EngineProcess.launch(Confinement.readOnlyBut(home, "size=512m,noexec", "ro"), environment(), false);
        engine.refuses(
                "Cannot start workers: QUERN_HOME is on a file system mounted noexec (" + home + ")",
                "Set QUERN_HOME to another folder");
    }

    /** The launcher is in the home, but the libraries are not. */
    @Test
    void noexecHomeWithLibrariesElsewhereSpawns() throws Exception {
        assumeTrue(EngineProcess.hasLauncher(), "skipped: this build has no launcher, because it lacked a C compiler");
        Map<String, String> environment = environment("QUERN_WORKER_START_METHOD", "forkserver");
        environment.put("QUERN_LLAMA_LIBRARY", EngineProcess.libraries().toString());
        environment.remove("QUERN_WORKER_AOT_CACHE");
        engine = EngineProcess.launch(Confinement.readOnlyBut(home, "size=512m,noexec", "ro"), environment, false);
        engine.awaitReady();
        JsonNode decision = engine.json("/q/quern/decision");
        assertThat(decision.at("/method").asText()).isEqualTo("spawn");
        assertThat(decision.at("/rules/0/id").asText()).isEqualTo("launcher-not-executable");
        assertThat(engine.log())
                .anyMatch(line -> line.contains("WARN") && line.contains("mounted noexec (" + home + ")"));
        assertThat(EngineProcess.parse(engine.post("/v1/completions", body(false)))
                        .at("/usage/completion_tokens")
                        .asInt())
                .isEqualTo(TOKENS);
    }

    @Test
    void threadLimitEndsEngineWithReason() throws Exception {
        List<String> prefix = new ArrayList<>(Confinement.withThreads(33, home));
        Map<String, String> environment = environment();
        // The same number of threads on every machine.
        environment.put("JAVA_TOOL_OPTIONS", "-XX:ActiveProcessorCount=2");
        engine = EngineProcess.launch(prefix, environment, false);
        assertThat(engine.exitCode()).isEqualTo(1);
        assertThat(engine.log())
                .anyMatch(line -> line.contains("his user may create 33 threads and processes (ulimit -u)"));
    }

    @Test
    void homePathTooLongForSocketsEndsBoot() throws Exception {
        home = Files.createDirectory(folder.resolve("h".repeat(100)));
        engine = EngineProcess.launch(Confinement.readOnlyBut(home, "size=512m", "ro"), environment(), false);
        engine.refuses(
                "The path of Quern's folder " + home, "is too long for a socket", "cannot be used", "QUERN_HOME");
    }

    @Test
    void userWithoutHomeMustSetQuernHome() throws Exception {
        engine = EngineProcess.launch(Confinement.asSomebody(), Map.of("QUERN_MODEL", "demo"), false);
        engine.refuses("The home folder of this process's user is not known", "QUERN_HOME");
    }

    @Test
    void unwritableHomeEndsBootNamingFolder() throws Exception {
        List<String> prefix = Confinement.asAnotherUser();
        assertThat(home.toFile().setWritable(false)).isTrue();
        engine = EngineProcess.launch(prefix, environment(), false);
        engine.refuses(
                "Cannot write to Quern's folder " + home,
                "no permission to write " + home.resolve("unpacked"),
                "QUERN_HOME");
    }

    /** The home must be a folder even if libraries elsewhere need no unpacking. */
    @Test
    void fileInPlaceOfFolderEndsBoot() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        engine = EngineProcess.launch(Map.of("QUERN_MODEL", "demo", "QUERN_HOME", file.toString()));
        engine.refuses("Cannot write to Quern's folder " + file, file + " is not a folder", "QUERN_HOME");
        engine.close();
        engine = EngineProcess.launch(Map.of("QUERN_MODEL", "demo", "QUERN_HOME", home.toString()));
        engine.awaitReady();
        engine.close();
        Path run = home.resolve("run");
        Files.delete(run);
        Files.createFile(run);
        engine = EngineProcess.launch(Map.of("QUERN_MODEL", "demo", "QUERN_HOME", home.toString()));
        engine.refuses("Cannot write to Quern's folder " + home, run + " is not a folder", "QUERN_HOME");
    }

    private Map<String, String> environment(String... more) {
        Map<String, String> environment = new java.util.HashMap<>(Map.of(
                "QUERN_MODEL", "demo",
                "QUERN_HOME", home.toString(),
                "QUERN_WORKER_AOT_CACHE", "false"));
        if (more.length > 0) {
            environment.put(more[0], more[1]);
        }
        return environment;
    }

    private static String text(JsonNode event) {
        return event.at("/choices/0/text").asText();
    }

    private static String body(boolean stream) {
        return """
            {"stream": %s, "temperature": 0, "ignore_eos": true, "max_tokens": %d, "prompt": "Once"}\
            """.formatted(stream, TOKENS);
    }
}
