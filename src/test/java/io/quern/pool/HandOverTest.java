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
import io.quern.pool.PoolView.State;
import io.quern.time.ManualClock;
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

/** Tests how a pool hands its workers over to the next, as in a live reload, but within one class loader. */
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
    void workersSurviveTwoHandOvers() throws Exception {
        pool = ScriptedPool.in(folder).workers(2).slots(2).start();
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
    void handOverFailsRequestsAndFreesSlots() throws Exception {
        pool = ScriptedPool.in(folder).start();
        awaitReady();
        CompletableFuture<GenerationError> held = run("hold");
        next(leave().orElseThrow());
        assertThat(held.get(60, TimeUnit.SECONDS)).isInstanceOf(GenerationError.Reloaded.class);
        awaitReady();
        assertThat(answers()).isTrue();
    }

    @Test
    void handedOverPoolRefusesRequests() throws Exception {
        pool = ScriptedPool.in(folder).start();
        awaitReady();
        HandOver left = leave().orElseThrow();
        assertThat(pool.acquire()).isEmpty();
        assertThat(pool.state()).isEqualTo(State.STOPPING);
        assertThat(pool.mayServe()).isFalse();
        next(left);
        awaitReady();
    }

    @Test
    void nextPoolRestartsHandedOverWorkers() throws Exception {
        pool = ScriptedPool.in(folder).start();
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
    void workerThatEndsWhileParkedIsRestarted() throws Exception {
        pool = ScriptedPool.in(folder).workers(2).start();
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
    void unreadyWorkerEndsWithItsApplication() throws Exception {
        pool = ScriptedPool.in(folder).script("never-ready").start();
        await().atMost(PATIENCE).until(() -> !pids().isEmpty());
        assertThat(leave()).isEmpty();
        assertThat(pids()).isEmpty();
    }

    @Test
    void workerThatDoesNotDisconnectIsKilled() throws Exception {
        ManualClock clock = new ManualClock();
        pool = ScriptedPool.in(folder).script("ignores-park").clock(clock).start();
        awaitReady();
        CompletableFuture<Optional<HandOver>> left = pool.handOver("the same").toCompletableFuture();
        await().atMost(PATIENCE).until(() -> {
            clock.advance(Duration.ofSeconds(1));
            return left.isDone();
        });
        assertThat(left).isCompletedWithValue(Optional.empty());
        assertThat(pids()).isEmpty();
    }

    @Test
    void discardedHandOverEndsTheWorkers() throws Exception {
        pool = ScriptedPool.in(folder).workers(2).start();
        awaitReady();
        List<Long> pids = pids();
        HandOver left = leave().orElseThrow();
        assertThat(pids).allSatisfy(pid -> assertThat(ProcessHandle.of(pid)).isPresent());
        left.discard();
        assertThat(pids).allSatisfy(pid -> assertThat(ProcessHandle.of(pid)).isEmpty());
    }

    /** Hands over through the system properties, which outlive an application. */
    private Optional<HandOver> leave() throws Exception {
        pool.handOver("the same")
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS)
                .ifPresent(left -> left.leave(""));
        Optional<HandOver> found = HandOver.find("");
        assertThat(HandOver.find("")).as("it can be taken only once").isEmpty();
        return found;
    }

    private void next(HandOver left) {
        assertThat(left.fingerprint()).isEqualTo("the same");
        pool = ScriptedPool.after(left).start();
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

    /** Completes with the error of the request, or with null if it finishes. */
    private CompletableFuture<GenerationError> run(String prompt) {
        CompletableFuture<GenerationError> end = new CompletableFuture<>();
        pool.acquire()
                .orElseThrow()
                .start(
                        new GenerationRequest(
                                "test", new Prompt.Text(prompt, true), SamplingOptions.greedy(), 0, List.of(), false),
                        PrefixScope.NONE,
                        Replay.NOTHING,
                        vertx.getOrCreateContext(),
                        new GenerationSink() {
                            @Override
                            public void accepted(int promptTokens) {}

                            @Override
                            public void tokens(String text, List<Integer> tokens, List<TokenLogprob> logprobs) {}

                            @Override
                            public void finished(GenerationEvent.Finished finished) {
                                end.complete(null);
                            }

                            @Override
                            public void failed(GenerationError failure) {
                                end.complete(failure);
                            }

                            @Override
                            public void left(Lease next, KeptState kept) {
                                throw new AssertionError("nobody asked for it");
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
