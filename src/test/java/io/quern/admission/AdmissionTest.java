package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationException;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.SamplingOptions;
import io.quern.generation.Usage;
import io.quern.pool.PoolView.State;
import io.quern.pool.ScriptedPool;
import io.quern.pool.WorkerPool;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Admission over a real pool of scripted processes. */
class AdmissionTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static Vertx vertx;

    @TempDir
    Path folder;

    private final Ledger ledger = new Ledger();
    private WorkerPool pool;
    private int migrationLimit;
    private Admission admission;

    @BeforeAll
    static void startVertx() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stopVertx() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @AfterEach
    void stopPool() throws Exception {
        pool.stop().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void anAnswerComesTokenByTokenAndIsAccountedForOnce() throws IOException {
        start(1, 8);
        Generation generation = submit("say 3").orTimeout(20, TimeUnit.SECONDS).join();
        AssertSubscriber<List<GenerationEvent>> reader = read(generation).awaitCompletion(LIMIT);
        assertThat(text(reader)).isEqualTo("t0 t1 t2 ");
        assertThat(generation.promptTokens()).isEqualTo(2);
        assertThat(ledger.entries)
                .containsExactly("leased", "accepted 2", "first", "tokens 1", "tokens 1", "finished 3");
        assertThat(admission.running()).isZero();
    }

    @Test
    void beforeAWorkerIsReadyRequestsAreToldThatTheModelLoads() throws IOException {
        pool = ScriptedPool.start(folder, "never-ready", 1, 1);
        admission = new Admission(pool, new Config(8, LIMIT, 1000), migration(), vertx, List.of(ledger));
        assertThat(refusal(submit("say 1"))).isEqualTo(new GenerationError.Loading("Loading model"));
    }

    @Test
    void whoFindsNoSlotWaitsInTurn() throws IOException {
        start(1, 8);
        Generation first = submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        CompletableFuture<Generation> second = submit("say 1");
        CompletableFuture<Generation> third = submit("say 2");
        assertThat(admission.waiting()).isEqualTo(2);
        assertThat(admission.running()).isEqualTo(1);
        assertThat(second).isNotDone();
        read(first).cancel();
        read(second.orTimeout(20, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        read(third.orTimeout(20, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        assertThat(admission.waiting()).isZero();
    }

    @Test
    void aFullQueueRefusesAtOnceAndHarmsNobodyInIt() throws IOException {
        start(1, 1);
        Generation running = submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        CompletableFuture<Generation> waiting = submit("say 1");
        assertThat(refusal(submit("say 1"))).isInstanceOf(GenerationError.Overloaded.class);
        read(running).cancel();
        read(waiting.orTimeout(20, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
    }

    @Test
    void withoutAQueueAFreeSlotIsStillGiven() throws IOException {
        start(1, 0);
        read(submit("say 1").orTimeout(20, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(refusal(submit("say 1"))).isInstanceOf(GenerationError.Overloaded.class);
    }

    @Test
    void whoWaitsTooLongIsTold() throws IOException {
        start(1, 8, Duration.ofMillis(200));
        submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(refusal(submit("say 1"))).isInstanceOf(GenerationError.QueueTimeout.class);
        assertThat(admission.waiting()).isZero();
        assertThat(admission.running()).isEqualTo(1);
    }

    @Test
    void whoWithdrawsFromTheQueueLeavesNothingBehind() throws IOException {
        start(1, 8);
        Generation running = submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        submit("say 1").cancel(true);
        await().until(() -> admission.waiting() == 0);
        read(running).cancel();
        await().until(() -> admission.running() == 0);
        assertThat(pool.view().busySlots()).isZero();
    }

    @Test
    void aStreamSurvivesItsWorkers() throws IOException {
        migrationLimit = 3;
        start(1, 8);
        // two tokens in each worker's life
        Generation generation =
                submit("dies 2 5").orTimeout(20, TimeUnit.SECONDS).join();
        AssertSubscriber<List<GenerationEvent>> reader = read(generation);
        reader.awaitCompletion(LIMIT);
        StringBuilder text = new StringBuilder();
        reader.getItems()
                .forEach(batch -> batch.forEach(event -> {
                    if (event instanceof GenerationEvent.Token token) {
                        text.append(token.text());
                    }
                }));
        assertThat(text).hasToString("t0 t1 t2 t3 t4 ");
        assertThat(reader.getItems().getLast().getLast())
                .isEqualTo(new GenerationEvent.Finished(FinishReason.STOP, new Usage(2, 5)));
        assertThat(ledger.moved).isEqualTo(2);
        assertThat(admission.running()).isZero();
        assertThat(pool.view().workers().getFirst().restarts()).isEqualTo(2);
    }

    @Test
    void whatKillsEveryWorkerIsStoppedAndThePoolStays() throws IOException {
        migrationLimit = 2;
        start(1, 8);
        // more often than a worker may be started again for reasons of its own
        for (int i = 1; i <= 3; i++) {
            AssertSubscriber<List<GenerationEvent>> reader =
                    read(submit("die").orTimeout(20, TimeUnit.SECONDS).join());
            reader.awaitCompletion(LIMIT);
            assertThat(reader.getItems().getLast().getLast())
                    .isInstanceOfSatisfying(GenerationEvent.Failed.class, failed -> assertThat(failed.error())
                            .isInstanceOfSatisfying(
                                    GenerationError.EndsWorkers.class,
                                    error -> assertThat(error.losses()).isEqualTo(3)));
            assertThat(ledger.moved).isEqualTo(2 * i);
        }
        read(submit("say 1").orTimeout(20, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
    }

    @Test
    void whoSharedAWorkerWithWhatKillsItIsNotBlamed() throws IOException {
        migrationLimit = 2;
        start(2, 8);
        AssertSubscriber<List<GenerationEvent>> innocent =
                read(submit("ticks 600").orTimeout(20, TimeUnit.SECONDS).join());
        AssertSubscriber<List<GenerationEvent>> poison =
                read(submit("die").orTimeout(20, TimeUnit.SECONDS).join());
        poison.awaitCompletion(LIMIT);
        assertThat(poison.getItems().getLast().getLast())
                .isInstanceOfSatisfying(GenerationEvent.Failed.class, failed -> assertThat(failed.error())
                        .isInstanceOf(GenerationError.EndsWorkers.class));
        innocent.awaitCompletion(LIMIT);
        assertThat(text(innocent))
                .isEqualTo(IntStream.range(0, 600).mapToObj(i -> "t" + i + " ").collect(Collectors.joining()));
        assertThat(innocent.getItems().getLast().getLast()).isInstanceOf(GenerationEvent.Finished.class);
        // both were tried alone, and the worker is shared again
        read(submit("hold").orTimeout(20, TimeUnit.SECONDS).join());
        read(submit("say 1").orTimeout(20, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
    }

    @Test
    void aWorkersDeathIsAnEventOfTheStreamWhereItMayNotGoOn() throws IOException {
        start(1, 8);
        Generation generation = submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        AssertSubscriber<List<GenerationEvent>> reader = read(generation);
        await().until(() -> !reader.getItems().isEmpty());
        ProcessHandle.of(pool.view().workers().getFirst().pid()).orElseThrow().destroyForcibly();
        reader.awaitCompletion(LIMIT);
        assertThat(reader.getItems().getLast().getLast())
                .isInstanceOfSatisfying(GenerationEvent.Failed.class, failed -> assertThat(failed.error())
                        .isInstanceOf(GenerationError.WorkerLost.class));
        // while the worker is started again requests wait for it
        read(submit("say 1").orTimeout(20, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
    }

    @Test
    void onceClosedItRefusesAndTellsWhenTheLastIsDone() throws IOException {
        start(1, 8);
        Generation running = submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        CompletableFuture<Generation> waiting = submit("say 1");
        CompletableFuture<Void> drained = admission.close().toCompletableFuture();
        assertThat(refusal(submit("say 1"))).isInstanceOf(GenerationError.ShuttingDown.class);
        assertThat(drained).isNotDone();
        read(running).cancel();
        read(waiting.orTimeout(20, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        drained.orTimeout(20, TimeUnit.SECONDS).join();
    }

    @Test
    void whoWaitsWhenTheWorkersAreStoppedIsTold() throws Exception {
        start(1, 8);
        Generation running = submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        AssertSubscriber<List<GenerationEvent>> reader = read(running);
        CompletableFuture<Generation> waiting = submit("say 1");
        admission.close();
        pool.announceStop();
        assertThat(waiting).isNotDone();
        pool.stop().toCompletableFuture().get(20, TimeUnit.SECONDS);
        assertThat(refusal(waiting)).isInstanceOf(GenerationError.ShuttingDown.class);
        reader.awaitCompletion(LIMIT);
        assertThat(admission.close().toCompletableFuture()).succeedsWithin(LIMIT);
    }

    @Test
    void anObserverThatThrowsHarmsNoRequest() throws Exception {
        pool = ScriptedPool.start(folder, "serves", 1, 1);
        GenerationObserver broken = new Ledger() {
            @Override
            public void leased(Duration waited) {
                throw new IllegalStateException("broken on purpose");
            }
        };
        admission = new Admission(pool, new Config(8, LIMIT, 1000), migration(), vertx, List.of(broken, ledger));
        await().atMost(LIMIT).until(() -> pool.state() == State.READY);
        read(submit("say 1").orTimeout(20, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        assertThat(ledger.entries).containsExactly("leased", "accepted 2", "first", "finished 1");
    }

    private void start(int slots, int queueSize) throws IOException {
        start(slots, queueSize, LIMIT);
    }

    private void start(int slots, int queueSize, Duration timeout) throws IOException {
        pool = ScriptedPool.start(folder, "serves", 1, slots);
        admission = new Admission(pool, new Config(queueSize, timeout, 1000), migration(), vertx, List.of(ledger));
        await().atMost(LIMIT).until(() -> pool.state() == State.READY);
    }

    private MigrationConfig migration() {
        return new Migration(migrationLimit, MigrationMode.EXACT);
    }

    private CompletableFuture<Generation> submit(String prompt) {
        return admission
                .submit(new GenerationRequest(
                        "test", new Prompt(prompt, true), SamplingOptions.greedy(), 0, List.of(), false))
                .subscribeAsCompletionStage();
    }

    private static AssertSubscriber<List<GenerationEvent>> read(Generation generation) {
        return generation.events().subscribe().withSubscriber(AssertSubscriber.create(Long.MAX_VALUE));
    }

    private static GenerationError refusal(CompletableFuture<Generation> submitted) {
        GenerationError[] error = new GenerationError[1];
        assertThatThrownBy(() -> submitted.orTimeout(20, TimeUnit.SECONDS).join())
                .cause()
                .isInstanceOfSatisfying(GenerationException.class, e -> error[0] = e.error());
        return error[0];
    }

    private static String text(AssertSubscriber<List<GenerationEvent>> reader) {
        StringBuilder text = new StringBuilder();
        reader.getItems()
                .forEach(batch -> batch.forEach(event -> {
                    if (event instanceof GenerationEvent.Token token) {
                        text.append(token.text());
                    }
                }));
        return text.toString();
    }

    private record Config(int queueSize, Duration timeout, int streamBuffer) implements AdmissionConfig {}

    private record Migration(int limit, MigrationMode mode) implements MigrationConfig {}

    private static class Ledger implements GenerationObserver {
        volatile int moved;

        @Override
        public void moved(String request, int lostWorker, int delivered, boolean alone) {
            moved++;
        }

        final List<String> entries = new CopyOnWriteArrayList<>();

        @Override
        public void leased(Duration waited) {
            entries.add("leased");
        }

        @Override
        public void accepted(int promptTokens) {
            entries.add("accepted " + promptTokens);
        }

        @Override
        public void firstToken(Duration sinceSubmitted) {
            entries.add("first");
        }

        @Override
        public void tokens(int count, Duration sinceLast) {
            entries.add("tokens " + count);
        }

        @Override
        public void finished(GenerationEvent.Finished finished, Duration sinceSubmitted) {
            entries.add("finished " + finished.usage().completionTokens());
        }

        @Override
        public void failed(GenerationError error, Usage soFar) {
            entries.add("failed " + error.getClass().getSimpleName());
        }
    }
}
