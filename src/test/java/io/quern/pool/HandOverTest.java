package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.SamplingOptions;
import io.quern.generation.Usage;
import io.quern.pool.PoolView.State;
import io.quern.socket.FrameListener;
import io.quern.wire.WorkerFrame;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One pool's workers go over to the next, as over a live reload, but within the same class loader. */
@StartsProcesses
class HandOverTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static Vertx vertx;

    @TempDir
    Path folder;

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
    void nothingIsLeft() throws Exception {
        List<Long> pids = pids();
        pool.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(pids).allSatisfy(pid -> assertThat(ProcessHandle.of(pid)).isEmpty());
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void workersGoOnAsTheNextPoolsAndAgainAsTheOneBehindThat() throws Exception {
        pool = ScriptedPool.start(folder, "serves", 2, 2);
        awaitReady();
        List<Long> pids = pids();
        assertThat(answers()).isTrue();
        for (int i = 0; i < 2; i++) {
            next(leave().orElseThrow());
            awaitReady();
            assertThat(pids()).isEqualTo(pids);
            assertThat(answers()).isTrue();
        }
    }

    @Test
    void whatRunsEndsAndIsToldWhyAndItsSlotIsFree() throws Exception {
        pool = ScriptedPool.start(folder, "serves", 1, 1);
        awaitReady();
        CompletableFuture<GenerationError> held = run("hold");
        next(leave().orElseThrow());
        assertThat(held.get(60, TimeUnit.SECONDS)).isInstanceOf(GenerationError.Reloaded.class);
        awaitReady();
        assertThat(answers()).isTrue();
    }

    @Test
    void whoIsLeftRefusesWhoComesLater() throws Exception {
        pool = ScriptedPool.start(folder, "serves", 1, 1);
        awaitReady();
        HandOver left = leave().orElseThrow();
        assertThat(pool.acquire()).isEmpty();
        assertThat(pool.state()).isEqualTo(State.STOPPING);
        assertThat(pool.mayServe()).isFalse();
        next(left);
        awaitReady();
    }

    @Test
    void theNextPoolSeesItsWorkersEndAndStartsThemAgain() throws Exception {
        pool = ScriptedPool.start(folder, "serves", 1, 1);
        awaitReady();
        next(leave().orElseThrow());
        awaitReady();
        long before = pids().getFirst();
        ProcessHandle.of(before).orElseThrow().destroyForcibly();
        await().atMost(PATIENCE).until(() -> pool.view().workers().getFirst().restarts() == 1);
        awaitReady();
        assertThat(pids().getFirst()).isNotEqualTo(before);
        assertThat(pool.view().workers().getFirst().lastExit()).contains("KILL");
    }

    @Test
    void oneThatDiesWhileNobodyLooksAfterItIsStartedAgain() throws Exception {
        pool = ScriptedPool.start(folder, "serves", 2, 1);
        awaitReady();
        List<Long> before = pids();
        HandOver left = leave().orElseThrow();
        ProcessHandle dead = ProcessHandle.of(before.getFirst()).orElseThrow();
        dead.destroyForcibly();
        dead.onExit().get(60, TimeUnit.SECONDS);
        next(left);
        await().atMost(PATIENCE).until(() -> pids().size() == 2 && !pids().contains(before.getFirst()));
        awaitReady();
        assertThat(pids()).contains(before.getLast());
    }

    @Test
    void oneThatIsNotReadyEndsWithItsApplication() throws Exception {
        pool = ScriptedPool.start(folder, "never-ready", 1, 1);
        await().atMost(PATIENCE).until(() -> !pids().isEmpty());
        assertThat(leave()).isEmpty();
        assertThat(pids()).isEmpty();
    }

    @Test
    void oneThatDoesNotLetGoIsKilled() throws Exception {
        pool = ScriptedPool.start(
                TestPoolConfig.quick().helloTimeout(Duration.ofSeconds(2)),
                FrameListener.open(folder, WorkerFrame.parser(), ScriptedPool.MAX_FRAME_BYTES),
                "ignores-park",
                1,
                1);
        awaitReady();
        assertThat(leave()).isEmpty();
        assertThat(pids()).isEmpty();
    }

    @Test
    void whatNobodyTakesUpIsEnded() throws Exception {
        pool = ScriptedPool.start(folder, "serves", 2, 1);
        awaitReady();
        List<Long> pids = pids();
        HandOver left = leave().orElseThrow();
        assertThat(pids).allSatisfy(pid -> assertThat(ProcessHandle.of(pid)).isPresent());
        left.discard();
        assertThat(pids).allSatisfy(pid -> assertThat(ProcessHandle.of(pid)).isEmpty());
    }

    /** By way of what outlives an application. */
    private Optional<HandOver> leave() throws Exception {
        pool.handOver("the same")
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS)
                .ifPresent(HandOver::leave);
        Optional<HandOver> found = HandOver.find();
        assertThat(HandOver.find()).as("it is there once").isEmpty();
        return found;
    }

    private void next(HandOver left) {
        assertThat(left.fingerprint()).isEqualTo("the same");
        pool = ScriptedPool.start(
                TestPoolConfig.quick(),
                FrameListener.takeOver(left.door(), WorkerFrame.parser(), ScriptedPool.MAX_FRAME_BYTES),
                new ScriptedLauncher(left.launcher()),
                "serves",
                Math.max(1, left.workers().size()),
                1,
                left.workers());
    }

    private void awaitReady() {
        await().atMost(PATIENCE).until(() -> pool.view().workers().stream()
                .allMatch(worker -> worker.state().equals("ready")));
    }

    private List<Long> pids() {
        return pool.view().workers().stream()
                .map(PoolView.WorkerView::pid)
                .filter(Objects::nonNull)
                .toList();
    }

    private boolean answers() throws Exception {
        return run("say 3").get(60, TimeUnit.SECONDS) == null;
    }

    /** Completes with what it fails with, or null if it finishes. */
    private CompletableFuture<GenerationError> run(String prompt) {
        CompletableFuture<GenerationError> end = new CompletableFuture<>();
        pool.acquire()
                .orElseThrow()
                .start(
                        new GenerationRequest(
                                "test", new Prompt(prompt, true), SamplingOptions.greedy(), 0, List.of(), false),
                        PrefixScope.NONE,
                        Replay.NOTHING,
                        vertx.getOrCreateContext(),
                        new GenerationSink() {
                            @Override
                            public void accepted(int promptTokens) {}

                            @Override
                            public void tokens(String text, List<Integer> tokens) {}

                            @Override
                            public void finished(FinishReason reason, Usage usage) {
                                end.complete(null);
                            }

                            @Override
                            public void failed(GenerationError failure) {
                                end.complete(failure);
                            }

                            @Override
                            public void lost(
                                    GenerationError.WorkerLost failure,
                                    KeptState left,
                                    CompletionStage<LossCause> cause) {
                                end.complete(failure);
                            }
                        });
        return end;
    }
}
