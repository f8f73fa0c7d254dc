package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quern.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sends signals to the launcher while it is the entry point: as PID 1 with a closed standard input, if that is possible
 * here.
 */
@EnabledOnOs(OS.LINUX)
class EntryPointIT {
    @TempDir
    Path home;

    private EngineProcess engine;

    @BeforeAll
    static void skipWithoutLauncher() {
        assumeTrue(EngineProcess.hasLauncher(), "skipped: this build has no launcher, because it lacked a C compiler");
    }

    @AfterEach
    void stopEngine() {
        if (engine != null) {
            // unshare is its parent and forwards no signals.
            engine.process()
                    .descendants()
                    .filter(one -> one.info().command().orElse("").endsWith("quern-launcher"))
                    .findFirst()
                    .ifPresent(ProcessHandle::destroy);
            engine.close();
        }
    }

    @Test
    void sigquitPrintsThreadDump() throws Exception {
        assumeFalse(PackagedEngine.isNative(), "skipped: a native executable is built without thread dumps");
        start();
        signal("QUIT");
        await().until(() -> engine.log().stream().anyMatch(line -> line.startsWith("Full thread dump"))
                && engine.log().stream().anyMatch(line -> line.contains("\"quern-supervisor\"")));
        assertThat(engine.get("/q/health/ready").statusCode()).isEqualTo(200);
    }

    @Test
    void sighupCompletesStreamsAndExitsZero() throws Exception {
        Gate gate = Gate.make();
        engine = launch(gate.environment());
        engine.awaitReady();
        gate.closeAfterFirstTokens();
        try (EventStream stream = EventStream.open(engine, "/v1/completions", """
                {"stream": true, "temperature": 0, "ignore_eos": true, "max_tokens": 500, "prompt": "Once"}""")) {
            stream.next();
            signal("HUP");
            await().until(() ->
                    engine.log().stream().anyMatch(line -> line.contains("SIGHUP: the engine stops; 1 running")));
            gate.open();
            stream.rest();
            assertThat(stream.done()).isTrue();
        }
        assertThat(engine.exitCode()).isZero();
    }

    /** At each moment another part handles the signal: the launcher, the JVM, Quarkus or Quern. */
    @Test
    void sigtermDuringBootEndsEngine() throws Exception {
        Map<String, BooleanSupplier> moments = new LinkedHashMap<>();
        moments.put("immediately", () -> true);
        moments.put("its JVM runs", () -> engine.process().descendants().anyMatch(EntryPointIT::isJava));
        moments.put("its JVM has threads", () -> engine.process()
                .descendants()
                .filter(EntryPointIT::isJava)
                .anyMatch(java -> threads(java) > 10));
        moments.put("it logs", () -> !engine.log().isEmpty());
        moments.put("it has decided", () -> logged("start method: "));
        moments.put("it listens", () -> engine.listening());
        for (var moment : moments.entrySet()) {
            engine = launch(Map.of());
            await().pollInterval(Duration.ofMillis(1)).until(moment.getValue()::getAsBoolean);
            signal("TERM");
            assertThat(engine.exitCode()).as(moment.getKey()).isIn(0, 128 + 15);
            engine.close();
        }
    }

    private boolean logged(String text) {
        return engine.log().stream().anyMatch(line -> line.contains(text));
    }

    private static boolean isJava(ProcessHandle process) {
        String command = process.info().command().orElse("");
        return command.endsWith("/java") || PackagedEngine.isNative() && command.endsWith("-runner");
    }

    private static long threads(ProcessHandle process) {
        try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(process.pid()), "task"))) {
            return all.count();
        } catch (IOException e) {
            return 0;
        }
    }

    @Test
    void launcherReturnsExitCodeOfEngine() throws Exception {
        engine = EngineProcess.launch(
                commandPrefix(), Map.of("QUERN_MODEL", "/no/such/model.gguf", "QUERN_HOME", home.toString()), true);
        engine.refuses("/no/such/model.gguf");
    }

    private void start() throws InterruptedException, IOException {
        engine = launch(Map.of());
        engine.awaitReady();
    }

    private EngineProcess launch(Map<String, String> more) throws InterruptedException, IOException {
        Map<String, String> environment = new HashMap<>(Map.of(
                "QUERN_MODEL",
                TestModels.demo().toString(),
                "QUERN_HOME",
                home.toString(),
                "QUERN_WORKER_START_METHOD",
                "fork",
                "QUERN_WORKER_AOT_CACHE",
                "false"));
        environment.putAll(more);
        return EngineProcess.launch(commandPrefix(), environment, true);
    }

    private static List<String> commandPrefix() throws InterruptedException, IOException {
        List<String> prefix = new ArrayList<>(Confinement.asPid1OrNot());
        if (sighupIsIgnored()) {
            prefix.addAll(List.of("env", "--default-signal=HUP"));
        }
        prefix.addAll(List.of("sh", "-c", "exec \"$@\" <&-", "sh"));
        prefix.addAll(EngineProcess.launcherPrefix());
        return prefix;
    }

    /** Returns whether SIGHUP is ignored, as with nohup. Child processes inherit that, and the engine respects it. */
    private static boolean sighupIsIgnored() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("SigIgn:"))
                    .anyMatch(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16) % 2 == 1);
        }
    }

    private void signal(String name) throws Exception {
        ProcessHandle launcher = await().until(
                        () -> Stream.concat(
                                        Stream.of(engine.process().toHandle()),
                                        engine.process().toHandle().children())
                                .filter(one -> one.info().command().orElse("").endsWith("quern-launcher"))
                                .findFirst()
                                .orElse(null),
                        found -> found != null);
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(launcher.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }
}
