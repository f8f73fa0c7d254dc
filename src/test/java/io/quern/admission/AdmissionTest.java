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
import java.util.Optional;
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
    private int queueTokens;
    private Duration requestTimeout;
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
        admission = new Admission(pool, config(8, LIMIT), migration(), vertx, List.of(ledger));
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
    void clientsTakeTurnsHoweverManyRequestsOneOfThemHas() throws IOException {
        start(1, 8);
        Generation running = submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        List<CompletableFuture<Generation>> greedy =
                List.of(submit("greedy", "hold"), submit("greedy", "hold"), submit("greedy", "hold"));
        CompletableFuture<Generation> modest = submit("modest", "hold");
        read(running).cancel();
        read(greedy.getFirst().orTimeout(20, TimeUnit.SECONDS).join()).cancel();
        modest.orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(greedy.get(1)).isNotDone();
    }

    @Test
    void whoHoldsMostOfAFullQueueGivesWayAndIsToldWhenToComeBack() throws IOException {
        start(1, 2);
        submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        CompletableFuture<Generation> first = submit("greedy", "hold");
        CompletableFuture<Generation> second = submit("greedy", "hold");
        CompletableFuture<Generation> modest = submit("modest", "hold");
        assertThat(refusal(second))
                .isInstanceOfSatisfying(GenerationError.Overloaded.class, error -> assertThat(error.retryAfter())
                        .isEqualTo(Duration.ofSeconds(1)));
        assertThat(first).isNotDone();
        assertThat(modest).isNotDone();
        assertThat(admission.waiting()).isEqualTo(2);
        assertThat(admission.running()).isEqualTo(1);
    }

    @Test
    void whenToComeBackIsWhatTheQueueHasTakenUntilNow() throws IOException {
        start(1, 3);
        Generation running = submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        List<CompletableFuture<Generation>> waiting = List.of(submit("hold"), submit("hold"));
        await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
        read(running).cancel();
        waiting.getFirst().orTimeout(20, TimeUnit.SECONDS).join();
        submit("hold");
        submit("hold");
        // one has begun, after a second or more; three wait
        assertThat(refusal(submit("hold")))
                .isInstanceOfSatisfying(GenerationError.Overloaded.class, error -> assertThat(error.retryAfter())
                        .isBetween(Duration.ofSeconds(3), LIMIT));
    }

    @Test
    void theQueueIsBoundedInTokensToo() throws IOException {
        queueTokens = 10;
        start(1, 8);
        submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        CompletableFuture<Generation> waiting = submit("say 1");
        assertThat(refusal(submit("say 1" + " ".repeat(40)))).isInstanceOf(GenerationError.Overloaded.class);
        assertThat(waiting).isNotDone();
        assertThat(submit("say 1")).isNotDone();
    }

    @Test
    void aDeadlineEndsWhoWaits() throws IOException {
        start(1, 8);
        submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(refusal(submit(within(Duration.ofMillis(200), "say 1"))))
                .isEqualTo(new GenerationError.DeadlineExceeded("The request was not done within 0.2 s."));
        assertThat(admission.waiting()).isZero();
        assertThat(admission.running()).isEqualTo(1);
    }

    @Test
    void aDeadlineEndsAStreamAndFreesItsSlot() throws IOException {
        requestTimeout = Duration.ofMillis(300);
        start(1, 8);
        // the configured one holds, though the client would wait longer
        Generation generation = submit(within(Duration.ofHours(1), "hold"))
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
        AssertSubscriber<List<GenerationEvent>> reader = read(generation).awaitCompletion(LIMIT);
        assertThat(reader.getItems().getLast().getLast())
                .isEqualTo(new GenerationEvent.Failed(
                        new GenerationError.DeadlineExceeded("The request was not done within 0.3 s.")));
        assertThat(admission.running()).isZero();
        assertThat(pool.view().busySlots()).isZero();
        assertThat(ledger.entries).endsWith("failed DeadlineExceeded");
    }

    @Test
    void whoIsDoneBeforeTheDeadlineHearsNothingOfIt() throws Exception {
        start(1, 8);
        AssertSubscriber<List<GenerationEvent>> reader = read(submit(within(Duration.ofSeconds(1), "say 2"))
                .orTimeout(20, TimeUnit.SECONDS)
                .join());
        reader.awaitCompletion(LIMIT);
        Thread.sleep(1500);
        assertThat(ledger.entries).endsWith("finished 2").noneMatch(entry -> entry.startsWith("failed"));
    }

    @Test
    void whoWaitsIsToldItsPlaceAtOnceAndAsItChanges() throws IOException {
        start(1, 8);
        Generation running = submit("hold").orTimeout(20, TimeUnit.SECONDS).join();
        CompletableFuture<Generation> before = submit("hold");
        List<Integer> places = new CopyOnWriteArrayList<>();
        CompletableFuture<Generation> listening =
                submit(new Submission(request("say 1"), "listener", Optional.empty(), Optional.of(places::add)));
        await().atMost(LIMIT).until(() -> !places.isEmpty());
        assertThat(places).containsExactly(2);
        read(running).cancel();
        Generation next = before.orTimeout(20, TimeUnit.SECONDS).join();
        await().atMost(LIMIT).until(() -> places.size() == 2);
        assertThat(places).containsExactly(2, 1);
        read(next).cancel();
        read(listening.orTimeout(20, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        assertThat(places).containsExactly(2, 1);
    }

    @Test
    void whoNeedNotWaitIsToldNoPlace() throws IOException {
        start(1, 8);
        List<Integer> places = new CopyOnWriteArrayList<>();
        read(submit(new Submission(request("say 1"), "listener", Optional.empty(), Optional.of(places::add)))
                        .orTimeout(20, TimeUnit.SECONDS)
                        .join())
                .awaitCompletion(LIMIT);
        assertThat(places).isEmpty();
    }

    private static Submission within(Duration timeout, String prompt) {
        return new Submission(request(prompt), "test", Optional.of(timeout), Optional.empty());
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
        admission = new Admission(pool, config(8, LIMIT), migration(), vertx, List.of(broken, ledger));
        await().atMost(LIMIT).until(() -> pool.state() == State.READY);
        read(submit("say 1").orTimeout(20, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        assertThat(ledger.entries).containsExactly("leased", "accepted 2", "first", "finished 1");
    }

    private void start(int slots, int queueSize) throws IOException {
        start(slots, queueSize, LIMIT);
    }

    private void start(int slots, int queueSize, Duration timeout) throws IOException {
        pool = ScriptedPool.start(folder, "serves", 1, slots);
        admission = new Admission(pool, config(queueSize, timeout), migration(), vertx, List.of(ledger));
        await().atMost(LIMIT).until(() -> pool.state() == State.READY);
    }

    private MigrationConfig migration() {
        return new Migration(migrationLimit, MigrationMode.EXACT);
    }

    private CompletableFuture<Generation> submit(String prompt) {
        return submit(Submission.of(request(prompt)));
    }

    private CompletableFuture<Generation> submit(String client, String prompt) {
        return submit(new Submission(request(prompt), client, Optional.empty(), Optional.empty()));
    }

    private CompletableFuture<Generation> submit(Submission submission) {
        return admission.submit(submission).subscribeAsCompletionStage();
    }

    private static GenerationRequest request(String prompt) {
        return new GenerationRequest("test", new Prompt(prompt, true), SamplingOptions.greedy(), 0, List.of(), false);
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

    private AdmissionConfig config(int queueSize, Duration timeout) {
        return new Config(queueSize, queueTokens, timeout, Optional.ofNullable(requestTimeout), 1000);
    }

    private record Config(
            int queueSize, int queueTokens, Duration timeout, Optional<Duration> requestTimeout, int streamBuffer)
            implements AdmissionConfig {}

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
