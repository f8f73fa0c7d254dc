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
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** However the engine ends, its workers end with it. If there is time, clients get what they were promised. */
class EndOfEngineIT {
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
    void killedEngineLeavesNoWorker(String method) {
        engine = start("2", method);
        List<Long> workers = engine.workerPids();
        assertThat(workers).hasSize(2).allSatisfy(pid -> assertThat(alive(pid)).isTrue());
        engineItself().destroyForcibly();
        await().pollInterval(Duration.ofMillis(10)).until(() -> workers.stream().noneMatch(EndOfEngineIT::alive));
        assertThat(engine.exitCode()).isEqualTo(128 + 9);
    }

    @Test
    void killedLauncherEndsEngineAndWorkers() {
        engine = start("2", "fork");
        List<Long> workers = engine.workerPids();
        ProcessHandle process = engineItself();
        engine.process().toHandle().destroyForcibly();
        await().pollInterval(Duration.ofMillis(10)).until(() -> workers.stream().noneMatch(EndOfEngineIT::alive));
        await().until(() -> !ProcessState.running(process.pid()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"spawn", "forkserver", "fork"})
    void engineKilledDuringLoadLeavesNoWorker(String method) {
        boolean asEntryPoint = method.equals("fork");
        engine = launch("2", method);
        List<ProcessHandle> started = await().pollInterval(Duration.ofMillis(1))
                .until(
                        () -> engine.process().toHandle().descendants().toList(),
                        // With the launcher as its parent, the engine is one of them.
                        list -> list.size() > (asEntryPoint ? 1 : 0));
        engineItself().destroyForcibly();
        await().pollInterval(Duration.ofMillis(10))
                .until(() -> started.stream().noneMatch(child -> ProcessState.running(child.pid())));
    }

    /** A process that has just been started has no guard yet. */
    @ParameterizedTest
    @ValueSource(strings = {"ProbeMain", "quern-launcher", "WorkerMain"})
    void engineKilledAtChildStartLeavesNoChild(String child) throws Exception {
        assumeTrue(
                !child.equals("quern-launcher") || EngineProcess.hasLauncher(),
                "skipped: this build has no launcher, because it lacked a C compiler");
        Map<String, String> environment =
                new java.util.HashMap<>(environment("1", child.equals("WorkerMain") ? "spawn" : "forkserver"));
        environment.put("QUERN_DEVICE_PROBE", child.equals("ProbeMain") ? "always" : "never");
        if (child.equals("ProbeMain")) {
            hangTheProbe(environment);
        }
        engine = EngineProcess.launch(List.of(), environment, true);
        ProcessHandle process = engine.process().toHandle();
        ProcessHandle made = await().pollInterval(Duration.ofMillis(1))
                .until(
                        () -> process.children()
                                .filter(one ->
                                        one.info().commandLine().orElse("").contains(child))
                                .findFirst()
                                .orElse(null),
                        one -> one != null);
        process.destroyForcibly();
        await().pollInterval(Duration.ofMillis(10)).until(() -> !ProcessState.running(made.pid()));
    }

    @Test
    void childMissedByGuardsIsReapedAtBoot() throws Exception {
        engine = start("1", "spawn");
        Process leftover = new ProcessBuilder("sleep", "300").start();
        try (Stream<Path> files = Files.walk(home.resolve("run"))) {
            Path runFile =
                    files.filter(file -> file.endsWith("processes")).findFirst().orElseThrow();
            assertThat(Files.readString(runFile))
                    .contains("engine " + engine.process().pid() + " ")
                    .contains("child " + engine.workerPids().getFirst() + " ");
            // After the name, which is "sleep" here, the 20th field is the start time.
            String start = Files.readString(Path.of("/proc/" + leftover.pid() + "/stat"))
                    .split("\\) ")[1]
                    .split(" ")[19];
            Path program = Files.readSymbolicLink(Path.of("/proc/" + leftover.pid() + "/exe"));
            Files.writeString(
                    runFile,
                    "child " + leftover.pid() + " " + start + " worker-7 " + program + "\n",
                    java.nio.file.StandardOpenOption.APPEND);
            engine.process().destroyForcibly().waitFor();
            assertThat(alive(leftover.pid())).isTrue();
            engine = start("1", "spawn");
            assertThat(engine.log()).anyMatch(line -> line.contains("pid=" + leftover.pid() + " reaped worker-7"));
            assertThat(alive(leftover.pid())).isFalse();
            assertThat(runFile).doesNotExist();
        } finally {
            leftover.destroyForcibly();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"spawn", "forkserver"})
    void poolReportsActiveGuards(String method) throws Exception {
        engine = start("1", method);
        Map<String, Boolean> active = new java.util.TreeMap<>();
        engine.json("/q/quern/pool")
                .at("/guards")
                .forEach(guard -> active.put(
                        guard.at("/name").asText(), guard.at("/active").asBoolean()));
        assertThat(active)
                .isEqualTo(Map.of(
                        "parent-death-signal", true,
                        "end-of-stream", true,
                        "parent-check", true,
                        "launcher", method.equals("forkserver"),
                        "run-file", true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"spawn", "forkserver"})
    void crashedWorkerLeavesTraceInHome(String method) throws Exception {
        engine = start("1", method);
        long worker = engine.workerPids().getFirst();
        new ProcessBuilder("kill", "-SEGV", Long.toString(worker)).start().waitFor();
        Path trace = home.resolve("crashes/hs_err_pid" + worker + ".log");
        await().untilAsserted(() -> assertThat(
                        engine.json("/q/quern/pool").at("/workers/0/lastExit").asText())
                .startsWith("exit code 1: SIGSEGV (0xb) in ")
                .endsWith("; crash report: " + trace));
        assertThat(trace).content().contains("SIGSEGV");
        assertThat(engine.log()).anyMatch(line -> line.contains("crash report: " + trace));
        assertThat(engine.log())
                .as("the log has the cause, not only the closed connection")
                .anyMatch(line -> line.contains("WARN")
                        && (line.contains(" lost: ") || line.contains(" cause of the loss: "))
                        && line.contains("its process ended with exit code 1: SIGSEGV"));
    }

    @ParameterizedTest
    @MethodSource("io.quern.engine.PackagedEngine#methods")
    void sigtermFinishesStreamsRefusesRequestsAndExitsZero(String method) throws Exception {
        Gate gate = launchWithGate("1", method, "5m");
        List<Long> workers = engine.workerPids();
        gate.closeAfterFirstTokens();
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", body(200))) {
            stream.next();
            stream.next();
            engine.process().toHandle().destroy();
            await().pollInterval(Duration.ofMillis(5))
                    .until(() -> engine.get("/q/health/ready").statusCode() == 503);
            var refused = engine.post("/v1/chat/completions", body(5));
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.body()).contains("shutting down");
            gate.open();
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
    void streamsPastShutdownGraceEndWithError() throws Exception {
        Gate gate = launchWithGate("1", "auto", "300ms");
        gate.closeAfterFirstTokens();
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", body(LONG))) {
            stream.next();
            stream.next();
            engine.process().toHandle().destroy();
            List<JsonNode> events = stream.rest();
            assertThat(stream.done()).isFalse();
            assertThat(events.getLast().at("/error/message").asText()).contains("shutting down");
            gate.open();
        }
        assertThat(engine.exitCode()).isEqualTo(1);
    }

    /** As PID 1 of a container, the launcher gets a single SIGTERM. */
    @ParameterizedTest
    @ValueSource(strings = {"spawn", "forkserver", "fork"})
    void sigtermToLauncherCompletesAllStreams(String method) throws Exception {
        assumeTrue(EngineProcess.hasLauncher(), "skipped: this build has no launcher, because it lacked a C compiler");
        Gate gate = launchWithGate(EngineProcess.launcherPrefix(), "2", method, "5m", Map.of());
        gate.closeAfterFirstTokens();
        List<ProcessHandle> all = engine.process().toHandle().descendants().toList();
        List<EventStream> streams = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                EventStream stream = EventStream.open(engine, "/v1/chat/completions", body(200));
                streams.add(stream);
                stream.next();
            }
            engine.process().toHandle().destroy();
            await().until(() ->
                    engine.log().stream().anyMatch(line -> line.contains("SIGTERM: the engine stops; 4 running")));
            gate.open();
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
    void secondSigtermStopsEngineAtOnce(String method) throws Exception {
        Gate gate = launchWithGate("1", method, "5m", Map.of("QUERN_SHUTDOWN_SECOND_SIGNAL_AFTER", "0s"));
        gate.closeAfterFirstTokens();
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", body(LONG))) {
            stream.next();
            engine.process().toHandle().destroy();
            await().until(() ->
                    engine.log().stream().anyMatch(line -> line.contains("SIGTERM: the engine stops; 1 running")));
            engine.process().toHandle().destroy();
            await().until(() ->
                    engine.log().stream().anyMatch(line -> line.contains("SIGTERM again: the engine stops now")));
            gate.open();
            assertThat(engine.exitCode()).isEqualTo(1);
        }
    }

    /** As systemd does: SIGTERM to every process of the control group, and the entry point forwards its own. */
    @ParameterizedTest
    @ValueSource(strings = {"spawn", "forkserver", "fork"})
    void sigtermToAllProcessesCompletesStreamsWithoutWarnings(String method) throws Exception {
        Gate gate = launchWithGate("1", method, "5m", Map.of("QUERN_SHUTDOWN_SECOND_SIGNAL_AFTER", "10m"));
        gate.closeAfterFirstTokens();
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", body(200))) {
            stream.next();
            int before = engine.log().size();
            ProcessHandle first = engine.process().toHandle();
            Stream.concat(Stream.of(first), first.descendants()).toList().forEach(ProcessHandle::destroy);
            await().until(() ->
                    engine.log().stream().anyMatch(line -> line.contains("SIGTERM: the engine stops; 1 running")));
            gate.open();
            List<JsonNode> events = stream.rest();
            assertThat(stream.done()).isTrue();
            assertThat(events.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("length");
            assertThat(engine.exitCode()).isZero();
            assertThat(engine.log().subList(before, engine.log().size()))
                    .noneMatch(line -> line.contains("WARN") || line.contains("ERROR") || line.contains("resumes"));
        }
    }

    /** For example, a configuration file is on a file system that does not respond. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void hangingBootEndsOnSigterm() throws Exception {
        Path pipe = home.resolve("more.properties");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        engine = launch("auto", Map.of("QUARKUS_CONFIG_LOCATIONS", pipe.toString()));
        Path waits = Path.of("/proc", Long.toString(engine.process().pid()), "task");
        await().atMost(Duration.ofSeconds(60)).until(() -> endWatchRuns(waits));
        engine.process().toHandle().destroy();
        assertThat(engine.exitCode()).isEqualTo(128 + 15);
    }

    /** Returns whether the thread runs that ends a hanging process. From then on Quern handles signals process. */
    private static boolean endWatchRuns(Path threads) throws java.io.IOException {
        try (Stream<Path> all = Files.list(threads)) {
            for (Path thread : all.toList()) {
                if (Files.readString(thread.resolve("comm")).startsWith("quern-end-watch".substring(0, 15))) {
                    return true;
                }
            }
        }
        return false;
    }

    private EngineProcess launch(String method, Map<String, String> more) {
        boolean asEntryPoint = method.equals("fork");
        assumeTrue(
                !asEntryPoint || EngineProcess.hasLauncher(),
                "skipped: this build has no launcher, because it lacked a C compiler");
        Map<String, String> environment = new java.util.HashMap<>(environment("1", method));
        environment.putAll(more);
        return EngineProcess.launch(asEntryPoint ? EngineProcess.launcherPrefix() : List.of(), environment, true);
    }

    /** Starts an engine whose generations the gate can hold. */
    private Gate launchWithGate(String workers, String method, String grace) {
        return launchWithGate(workers, method, grace, Map.of());
    }

    private Gate launchWithGate(String workers, String method, String grace, Map<String, String> more) {
        boolean asEntryPoint = method.equals("fork");
        return launchWithGate(asEntryPoint ? EngineProcess.launcherPrefix() : List.of(), workers, method, grace, more);
    }

    private Gate launchWithGate(
            List<String> prefix, String workers, String method, String grace, Map<String, String> more) {
        assumeTrue(
                prefix.isEmpty() || EngineProcess.hasLauncher(),
                "skipped: this build has no launcher, because it lacked a C compiler");
        Gate gate = Gate.make();
        Map<String, String> environment = gate.added(environment(workers, method));
        environment.put("QUERN_SHUTDOWN_GRACE", grace);
        environment.putAll(more);
        engine = EngineProcess.launch(prefix, environment, true);
        engine.awaitReady();
        return gate;
    }

    private EngineProcess start(String workers, String method) {
        EngineProcess started = launch(workers, method);
        started.awaitReady();
        return started;
    }

    private EngineProcess launch(String workers, String method) {
        boolean asEntryPoint = method.equals("fork");
        assumeTrue(
                !asEntryPoint || EngineProcess.hasLauncher(),
                "skipped: this build has no launcher, because it lacked a C compiler");
        return EngineProcess.launch(
                asEntryPoint ? EngineProcess.launcherPrefix() : List.of(), environment(workers, method), true);
    }

    /** Returns the process of the engine, which may be a child of the launcher. */
    private ProcessHandle engineItself() {
        ProcessHandle process = engine.process().toHandle();
        return process.children()
                .filter(child -> child.info()
                        .commandLine()
                        .orElse("")
                        .contains(PackagedEngine.isNative() ? "-runner" : "quarkus-run.jar"))
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

    /** Replaces the driver's library by one that never answers, so that the probe does not end by process. */
    private void hangTheProbe(Map<String, String> environment) throws Exception {
        Process compiler = null;
        try {
            compiler = new ProcessBuilder(
                            "cc",
                            "-shared",
                            "-fPIC",
                            "-o",
                            home.resolve("libnvidia-ml.so.1").toString(),
                            "src/test/c/nvml.c")
                    .inheritIO()
                    .start();
        } catch (java.io.IOException e) {
            assumeTrue(false, "skipped: there is no C compiler");
        }
        assertThat(compiler.waitFor()).isZero();
        environment.put("LD_LIBRARY_PATH", home.toString());
        environment.put("FAKE_NVML", "hang");
        environment.put("QUERN_DEVICE_PROBE_TIMEOUT", "5m");
    }

    private static String body(int maxTokens) {
        return """
            {"stream": true, "temperature": 0, "ignore_eos": true, "max_tokens": %d,
             "messages": [{"role": "user", "content": "Tell me a long story."}]}\
            """.formatted(maxTokens);
    }

    private static boolean alive(long pid) {
        return ProcessState.running(pid);
    }
}
