package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.SamplingOptions;
import io.quern.generation.TokenLogprob;
import io.quern.process.ProcessSight;
import io.quern.time.ManualClock;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Stops the real processes of a pool with SIGSTOP. All other limits are longer than these tests take. */
@EnabledOnOs(OS.LINUX)
@StartsProcesses
class StoppedWorkerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration LIMIT = Duration.ofMillis(200);
    private static final String CAUSE = "its process is stopped (SIGSTOP), for at least 0.2 s";

    private static Vertx vertx;

    @TempDir
    Path folder;

    private final ManualClock clock = new ManualClock();
    private final List<PoolEvent> events = new CopyOnWriteArrayList<>();
    private WorkerPool pool;

    @BeforeAll
    static void startVertx() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stopVertx() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @AfterEach
    void stopPool() {
        CompletableFuture<Void> stopped = pool.stop().toCompletableFuture();
        advanceUntil(stopped::isDone);
    }

    @Test
    void busyWorkerIsReplacedAndItsRequestIsNotToBlame() throws Exception {
        start(LIMIT, 0, "serves");
        awaitReady();
        Lost request = new Lost();
        pool.acquire()
                .orElseThrow()
                .start(hold(), PrefixScope.NONE, Replay.NOTHING, vertx.getOrCreateContext(), request);
        await().until(() -> !request.texts.isEmpty());
        stop(pids().getFirst());
        clock.advance(Duration.ofMillis(300));
        CompletionStage<LossCause> cause = request.cause.get(60, TimeUnit.SECONDS);
        assertThat(cause.toCompletableFuture().get(60, TimeUnit.SECONDS)).isEqualTo(LossCause.KILLED_FROM_OUTSIDE);
        assertThat(lost()).containsExactly(CAUSE);
        advanceUntil(this::allRestarted);
        awaitReady();
    }

    @Test
    void idleWorkerAndStandbyAreReplaced() throws Exception {
        start(LIMIT, 1, "serves");
        awaitReady();
        for (long pid : pids()) {
            stop(pid);
        }
        clock.advance(Duration.ofMillis(300));
        assertThat(lost()).containsExactly(CAUSE, CAUSE);
        advanceUntil(this::allRestarted);
        awaitReady();
    }

    @Test
    void workerStoppedWhileItLoadsIsReplaced() throws Exception {
        start(LIMIT, 0, "never-ready");
        await().atMost(PATIENCE).until(() -> !pids().isEmpty());
        stop(pids().getFirst());
        advanceUntil(this::allRestarted);
        assertThat(events.stream().filter(event -> event.state().equals("failed")))
                .extracting(PoolEvent::detail)
                .containsExactly(CAUSE);
    }

    @Test
    void workerThatIsContinuedInTimeStays() throws Exception {
        start(LIMIT, 0, "serves");
        awaitReady();
        long pid = pids().getFirst();
        stop(pid);
        clock.advance(Duration.ofMillis(200));
        signal(pid, "CONT");
        await().until(() -> !stopped(pid));
        clock.advance(Duration.ofSeconds(10));
        assertThat(pids()).containsExactly(pid);
        assertThat(lost()).isEmpty();
    }

    @Test
    void withoutALimitStoppedWorkerStays() throws Exception {
        start(Duration.ZERO, 0, "serves");
        awaitReady();
        long pid = pids().getFirst();
        stop(pid);
        clock.advance(Duration.ofSeconds(10));
        assertThat(pids()).containsExactly(pid);
        signal(pid, "CONT");
    }

    private void start(Duration limit, int standbys, String script) throws IOException {
        pool = ScriptedPool.in(folder)
                .config(TestPoolConfig.quick()
                        .startTimeout(Duration.ofHours(1))
                        .standbys(standbys)
                        .stoppedTimeout(limit))
                .script(script)
                .clock(clock)
                .start();
        pool.onEvent(events::add);
    }

    /** Advances the clock while the processes run in real time. */
    private void advanceUntil(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> {
            clock.advance(Duration.ofMillis(250));
            return condition.call();
        });
    }

    private void awaitReady() {
        await().atMost(PATIENCE).until(() -> pool.view().workers().stream()
                .allMatch(worker -> worker.state().equals("ready")));
    }

    private boolean allRestarted() {
        return pool.view().workers().stream().allMatch(worker -> worker.restarts() == 1);
    }

    private List<Long> pids() {
        return pool.view().workers().stream()
                .filter(worker -> worker.pid() != null)
                .map(PoolView.WorkerView::pid)
                .toList();
    }

    /** Returns why ready workers were lost. */
    private List<String> lost() {
        return events.stream()
                .filter(event -> event.from().equals("ready") && event.state().equals("failed"))
                .map(PoolEvent::detail)
                .toList();
    }

    private static void stop(long pid) throws Exception {
        signal(pid, "STOP");
        await().until(() -> stopped(pid));
    }

    private static boolean stopped(long pid) {
        try (ProcessSight sight = ProcessSight.of(pid).orElseThrow()) {
            return sight.look().orElseThrow().stopped();
        }
    }

    private static void signal(long pid, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static GenerationRequest hold() {
        return new GenerationRequest(
                "test", new Prompt.Text("hold", true), SamplingOptions.greedy(), 0, List.of(), false);
    }

    /** A request whose worker is lost. */
    private static final class Lost implements GenerationSink {
        final List<String> texts = new CopyOnWriteArrayList<>();
        final CompletableFuture<CompletionStage<LossCause>> cause = new CompletableFuture<>();

        @Override
        public void accepted(int promptTokens) {}

        @Override
        public void tokens(String text, List<Integer> tokens, List<TokenLogprob> logprobs) {
            texts.add(text);
        }

        @Override
        public void finished(GenerationEvent.Finished finished) {}

        @Override
        public void failed(GenerationError failure) {}

        @Override
        public void left(Lease next, KeptState kept) {
            throw new AssertionError("nobody asked for it");
        }

        @Override
        public void lost(GenerationError.WorkerLost failure, KeptState kept, CompletionStage<LossCause> why) {
            kept.close();
            cause.complete(why);
        }
    }
}
