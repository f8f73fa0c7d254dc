package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the engine in control groups of the kernel, as containers do. */
class EngineInAGroupIT {
    private static final long MIB = 1L << 20;
    private static final int ATTEMPTS = 3;
    /** The exit value of a process that signal 9 ended. */
    private static final int KILLED = 128 + 9;

    @TempDir
    Path home;

    private final List<ControlGroup> groups = new ArrayList<>();
    private EngineProcess engine;

    @AfterEach
    void stopEngine() {
        if (engine != null) {
            engine.close();
        }
        groups.forEach(ControlGroup::close);
    }

    @Test
    void modelBeyondMemoryLimitIsRefusedWithCalculation() throws IOException {
        ControlGroup memory = memory();
        memory.limitMemory(300 * MIB);
        engine = launch(memory.prefix(), Map.of("QUERN_WORKER_SLOTS", "64", "QUERN_WORKER_CACHE_SHARE", "1"));
        assertThat(engine.exitCode()).isEqualTo(1);
        assertThat(engine.log())
                .anySatisfy(
                        line -> assertThat(line)
                                .contains("the model needs at least ")
                                .contains("KV cache 64 slots x 512 tokens x 4 KiB = 128 MiB")
                                .contains(
                                        ", but the memory limit is 300 MiB (cgroup); lower quern.worker.slots, choose a smaller"))
                .noneMatch(line -> line.startsWith("\tat ") || line.matches(".*workerId=\\d+ .*started by .*"));
    }

    @Test
    void modelBeyondLimitStartsIfCheckOnlyWarns() throws IOException {
        ControlGroup memory = memory();
        memory.limitMemory(300 * MIB);
        engine = launch(
                memory.prefix(),
                Map.of(
                        "QUERN_WORKER_SLOTS", "40",
                        "QUERN_WORKER_CONTEXT_LENGTH", "512",
                        "QUERN_POOL_MEMORY_CHECK", "warn"));
        engine.awaitReady();
        assertThat(engine.log())
                .anyMatch(line -> line.contains("WARN") && line.contains("but the memory limit is 300 MiB (cgroup)"));
        assertThat(engine.json("/q/quern/pool").at("/memory/problem").asText()).contains("40 slots x 512 tokens");
    }

    @Test
    void launcherKilledForMemoryIsReportedAsSuch() throws Exception {
        assumeTrue(EngineProcess.hasLauncher(), "skipped: this build has no launcher, because it lacked a C compiler");
        Map<String, String> environment = Map.of(
                "QUERN_LLAMA_LIBRARY", hungry(400 * MIB).toString(),
                "QUERN_POOL_MEMORY_CHECK", "off",
                "QUERN_POOL_RESTART_MAX_RESTARTS", "1");
        untilTheKernelSparesTheEngine(() -> {
            ControlGroup memory = memory();
            memory.limitMemory(300 * MIB);
            engine = launch(memory.prefix(), environment);
            return engine.exitCode();
        });
        assertThat(engine.exitCode()).isEqualTo(1);
        assertThat(engine.log())
                .anyMatch(line -> line.matches(
                        ".*workerId=0 (pid=\\d+ )?lost: it could not be started: the launcher has ended: it ended"
                                + " with signal 9 \\(KILL\\): killed by the kernel's out-of-memory killer \\(memory limit 300 MiB"
                                + " \\(cgroup\\), oom_kill 0 -> 1\\)"));
    }

    @Test
    void smallMemoryLimitLowersContextAndServes() throws IOException {
        ControlGroup memory = memory();
        memory.limitMemory(256 * MIB);
        engine = launch(memory.prefix(), Map.of("QUERN_WORKER_CACHE_SHARE", "1"));
        engine.awaitReady();
        JsonNode pool = engine.json("/q/quern/pool");
        assertThat(pool.at("/memory/limit").asText()).isEqualTo("256 MiB (cgroup)");
        assertThat(pool.at("/memory/limitBytes").asLong()).isEqualTo(256 * MIB);
        assertThat(pool.at("/memory/neededBytes").asLong()).isLessThanOrEqualTo(256 * MIB);
        assertThat(pool.at("/memory/lowered").asText()).contains("context length 512 instead of 1024");
        assertThat(pool.at("/workers/0/contextLength").asInt()).isEqualTo(512);
        assertThat(engine.log())
                .anyMatch(line -> line.contains("the memory limit is 256 MiB (cgroup), and the defaults"));
        assertThat(engine.json("/q/quern/decision").at("/facts/memory").asText())
                .isEqualTo("256 MiB (cgroup)");
        assertThat(finishReason(400)).isEqualTo("length");
        assertThat(engine.metric("quern_worker_oom_kills_total")).isZero();
    }

    @Test
    void halfCoreServesWithOneThreadAndWarns() throws IOException {
        ControlGroup cpu = ControlGroup.ofCpu();
        groups.add(cpu);
        cpu.limitCpu(50_000);
        engine = launch(cpu.prefix(), Map.of());
        engine.awaitReady();
        assertThat(engine.json("/q/quern/decision").at("/facts/cpus").asText()).isEqualTo("0.5 cores (cgroup)");
        assertThat(engine.log())
                .anyMatch(line -> line.contains("WARN") && line.contains("this process may use 0.5 cores (cgroup)"))
                .anyMatch(line -> line.contains("slots of 1024 tokens, 1 threads"));
        assertThat(finishReason(20)).isEqualTo("length");
    }

    @ParameterizedTest
    @ValueSource(strings = {"spawn", "forkserver"})
    void workerKilledForMemoryIsReportedAndStreamsResume(String method) throws Exception {
        assumeTrue(
                method.equals("spawn") || EngineProcess.hasLauncher(),
                "skipped: this build has no launcher, because it lacked a C compiler");
        int streams = 16;
        Path trigger = home.resolve("take-memory");
        Map<String, String> environment = Map.of(
                "QUERN_LLAMA_LIBRARY",
                        hungry(512 * MIB, "-DTRIGGER=\"" + trigger + "\"").toString(),
                "QUERN_WORKER_START_METHOD", method,
                "QUERN_WORKER_SLOTS", Integer.toString(streams));
        List<CompletableFuture<String>> answers = untilTheKernelSparesTheEngine(() -> {
            ControlGroup memory = memory();
            engine = launch(memory.prefix(), environment);
            engine.awaitReady();
            assertThat(oomScore(engine.workerPids().getFirst()))
                    .as("the kernel kills a worker before the engine")
                    .isGreaterThan(oomScore(engine.process().pid()));
            CountDownLatch begun = new CountDownLatch(streams);
            List<CompletableFuture<String>> running = new ArrayList<>();
            for (int stream = 0; stream < streams; stream++) {
                running.add(CompletableFuture.supplyAsync(
                        () -> finishReason(900, begun::countDown), Thread::startVirtualThread));
            }
            assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
            // The worker itself takes far more than there is. If it grew slowly, the kernel would evict the pages of
            // the programs again and again, and on a busy machine kill nothing for minutes.
            memory.limitMemory(memory.held() + 64 * MIB);
            Files.createFile(trigger);
            await().atMost(Duration.ofMinutes(2))
                    .until(() -> engine.log().stream().anyMatch(line -> line.contains("out-of-memory killer"))
                            || !engine.process().isAlive());
            memory.unlimitMemory();
            Files.delete(trigger);
            return running;
        });
        assertThat(engine.log())
                .anyMatch(
                        line -> line.matches(".*workerId=0 .*signal 9 \\(KILL\\): killed by the kernel's out-of-memory"
                                + " killer \\(memory limit [\\d.]+ MiB \\(cgroup\\), oom_kill 0 -> 1\\).*"));
        assertThat(answers).as("the streams resumed").allSatisfy(answer -> assertThat(answer.get(2, TimeUnit.MINUTES))
                .isEqualTo("length"));
        JsonNode pool = engine.json("/q/quern/pool");
        assertThat(pool.at("/workers/0/lastExit").asText()).contains("killed by the kernel's out-of-memory killer");
        assertThat(pool.at("/memory/oomKills").asLong()).isPositive();
        assertThat(engine.metric("quern_worker_oom_kills_total")).isPositive();
        assertThat(finishReason(50)).isEqualTo("length");
    }

    /**
     * Runs this again, with another engine, while the kernel kills the engine too. Linux may do so right after it has
     * killed a worker: the worker has ended by then, but its memory is still counted (3 of 134 runs on Linux 6.18).
     */
    private <T> T untilTheKernelSparesTheEngine(Callable<T> attempt) throws Exception {
        T result = attempt.call();
        for (int i = 1; i < ATTEMPTS && !engine.process().isAlive() && engine.exitCode() == KILLED; i++) {
            engine.close();
            result = attempt.call();
        }
        return result;
    }

    /** Full slots would take 256 MiB, which is more than there is beside everything else. */
    @Test
    void slotsThatShareMemoryAllGrowLong() throws Exception {
        assumeTrue(EngineProcess.hasLauncher(), "skipped: this build has no launcher, because it lacked a C compiler");
        int streams = 64;
        int tokens = 900;
        ControlGroup memory = memory();
        memory.limitMemory(400 * MIB);
        engine = launch(
                memory.prefix(),
                Map.of("QUERN_WORKER_START_METHOD", "forkserver", "QUERN_WORKER_SLOTS", Integer.toString(streams)));
        engine.awaitReady();
        JsonNode pool = engine.json("/q/quern/pool");
        assertThat(pool.at("/memory/lowered").asText())
                .containsPattern("KV cache [\\d.]+ MiB instead of 256 MiB")
                .doesNotContain("context length");
        assertThat(pool.at("/workers/0/slots").asInt()).isEqualTo(streams);
        assertThat(pool.at("/workers/0/contextLength").asInt()).isEqualTo(1024);
        List<CompletableFuture<String>> together = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int stream = 0; stream < streams; stream++) {
                int number = stream;
                together.add(CompletableFuture.supplyAsync(() -> story(number, tokens), threads));
            }
        }
        List<String> texts = together.stream().map(CompletableFuture::join).toList();
        assertThat(texts).allSatisfy(text -> assertThat(text).endsWith("(length)"));
        for (int number : new int[] {0, 9, 30, 62, 63}) {
            assertThat(story(number, tokens)).as("stream %d alone", number).isEqualTo(texts.get(number));
        }
        assertThat(engine.metric("vllm:num_preemptions_total")).isPositive();
        assertThat(engine.json("/q/quern/pool").at("/workers/0/waiting").asInt())
                .isZero();
        assertThat(engine.json("/q/quern/pool").at("/workers/0/restarts").asInt())
                .as("nothing was killed")
                .isZero();
        assertThat(engine.metric("quern_worker_oom_kills_total")).isZero();
    }

    /** Returns the text of a stream and its finish reason. */
    private String story(int number, int tokens) {
        String body = """
                {"stream": true, "temperature": %d, "seed": %d, "ignore_eos": true, "max_tokens": %d,
                 "prompt": "The story of number %d:"}""".formatted(number % 2, number, tokens, number);
        try (EventStream stream = EventStream.open(engine, "/v1/completions", body)) {
            StringBuilder text = new StringBuilder();
            String finish = "";
            for (JsonNode event = stream.next(); event != null; event = stream.next()) {
                text.append(event.at("/choices/0/text").asText());
                finish = event.at("/choices/0/finish_reason").asText(event.toString());
            }
            return text + " (" + finish + ")";
        } catch (IOException | InterruptedException e) {
            return e.toString();
        }
    }

    private ControlGroup memory() {
        ControlGroup memory = ControlGroup.ofMemory();
        groups.add(memory);
        return memory;
    }

    /**
     * Returns libraries with which a process takes this many bytes when it creates a context, or when the options of the
     * compiler for {@code hungry.c} say.
     */
    private static Path hungry(long bytes, String... options) throws IOException {
        // a folder of JUnit's would cause warnings about links
        Path folder = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "hungry");
        folder.toFile().deleteOnExit();
        Path libraries = folder.resolve("libraries");
        String[] all = Stream.concat(Stream.of("-DMEMORY=" + bytes + "UL"), Stream.of(options))
                .toArray(String[]::new);
        WrappedLlama.build(libraries, Path.of("src/test/c/hungry.c"), all);
        return libraries;
    }

    private EngineProcess launch(List<String> prefix, Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "QUERN_HOME", home.toString(),
                "QUERN_DEVICE_PROBE", "never",
                "QUERN_WORKER_AOT_CACHE", "false"));
        environment.putAll(more);
        return EngineProcess.launch(prefix, environment, true);
    }

    /** Returns the finish reason of a stream of this many tokens. */
    private String finishReason(int tokens) {
        return finishReason(tokens, () -> {});
    }

    /** Returns the finish reason of a stream, and reports when its first event has come. */
    private String finishReason(int tokens, Runnable begun) {
        String body = """
                {"stream": true, "temperature": 0, "ignore_eos": true, "max_tokens": %d,
                 "messages": [{"role": "user", "content": "Tell me a long story."}]}""".formatted(tokens);
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", body)) {
            JsonNode last = null;
            for (JsonNode event = stream.next(); event != null; event = stream.next()) {
                if (last == null) {
                    begun.run();
                }
                last = event;
            }
            return last == null
                    ? "an empty stream"
                    : last.at("/choices/0/finish_reason").asText(last.toString());
        } catch (IOException | InterruptedException e) {
            return e.toString();
        }
    }

    private static int oomScore(long pid) throws IOException {
        return Integer.parseInt(Files.readString(Path.of("/proc", Long.toString(pid), "oom_score_adj"))
                .strip());
    }
}
