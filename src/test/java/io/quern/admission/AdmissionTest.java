package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.Usage;
import io.quern.pool.PoolView;
import io.quern.pool.PoolView.State;
import io.quern.pool.ScriptedPool;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tests what happens to a request and to the worker that runs it. */
@StartsProcesses
class AdmissionTest extends AdmissionOverAPool {
    @Test
    void answerComesByTokenAndIsCountedOnce() throws IOException {
        start(1, 8);
        Generation generation = submit("say 3").orTimeout(60, TimeUnit.SECONDS).join();
        AssertSubscriber<List<GenerationEvent>> reader = read(generation).awaitCompletion(LIMIT);
        assertThat(text(reader)).isEqualTo("t0 t1 t2 ");
        assertThat(generation.promptTokens()).isEqualTo(2);
        assertThat(ledger.entries)
                .containsExactly("leased", "accepted 2", "first", "tokens 1", "tokens 1", "finished 3");
        assertThat(admission.running()).isZero();
    }

    @Test
    void requestBeforeReadinessIsRefusedAsLoading() throws IOException {
        start(ScriptedPool.in(folder).script("never-ready"), config(8, LIMIT), ledger);
        assertThat(refusal(submit("say 1"))).isEqualTo(new GenerationError.Loading("Loading model"));
    }

    @Test
    void requestsWithoutSlotWaitInOrder() throws IOException {
        start(1, 8);
        Generation first = submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        CompletableFuture<Generation> second = submit("say 1");
        CompletableFuture<Generation> third = submit("say 2");
        assertThat(admission.waiting()).isEqualTo(2);
        assertThat(admission.running()).isEqualTo(1);
        assertThat(second).isNotDone();
        read(first).cancel();
        read(second.orTimeout(60, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        read(third.orTimeout(60, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        assertThat(admission.waiting()).isZero();
    }

    @Test
    void withdrawnRequestLeavesTheQueue() throws IOException {
        start(1, 8);
        Generation running = submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        submit("say 1").cancel(true);
        await().until(() -> admission.waiting() == 0);
        read(running).cancel();
        await().until(() -> admission.running() == 0);
        assertThat(pool.view().busySlots()).isZero();
    }

    @Test
    void streamSurvivesTheLossOfItsWorkers() throws IOException {
        migrationLimit = 3;
        start(1, 8);
        // each worker delivers two tokens
        Generation generation =
                submit("dies 2 5").orTimeout(60, TimeUnit.SECONDS).join();
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
                .isEqualTo(new GenerationEvent.Finished(FinishReason.STOP, new Usage(2, 5).withCached(1)));
        assertThat(ledger.moved).isEqualTo(2);
        assertThat(admission.running()).isZero();
        assertThat(pool.view().workers().getFirst().restarts()).isEqualTo(2);
    }

    @Test
    void requestThatKillsWorkersFailsAndPoolRecovers() throws IOException {
        migrationLimit = 2;
        start(1, 8);
        // more often than a worker may restart for reasons of its own
        for (int i = 1; i <= 3; i++) {
            AssertSubscriber<List<GenerationEvent>> reader =
                    read(submit("die").orTimeout(60, TimeUnit.SECONDS).join());
            reader.awaitCompletion(LIMIT);
            assertThat(reader.getItems().getLast().getLast())
                    .isInstanceOfSatisfying(GenerationEvent.Failed.class, failed -> assertThat(failed.error())
                            .isInstanceOfSatisfying(
                                    GenerationError.EndsWorkers.class,
                                    error -> assertThat(error.losses()).isEqualTo(3)));
            assertThat(ledger.moved).isEqualTo(2 * i);
        }
        read(submit("say 1").orTimeout(60, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
    }

    @Test
    void workersKilledFromOutsideBlameNoRequest() throws IOException {
        migrationLimit = 1;
        start(1, 8);
        AssertSubscriber<List<GenerationEvent>> reader =
                read(submit("ticks 2000").orTimeout(20, TimeUnit.SECONDS).join());
        for (int kill = 1; kill <= 3; kill++) {
            String before = text(reader);
            await().atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> text(reader).length() > before.length());
            ProcessHandle.of(pool.view().workers().getFirst().pid())
                    .orElseThrow()
                    .destroyForcibly();
            int restarts = kill;
            await().atMost(LIMIT)
                    .until(() ->
                            pool.view().workers().getFirst().restarts() == restarts && pool.state() == State.READY);
        }
        reader.awaitCompletion(LIMIT);
        assertThat(text(reader)).isEqualTo(ticks(2000));
        assertThat(ledger.moved).isEqualTo(3);
        assertThat(reader.getItems().getLast().getLast())
                .isInstanceOfSatisfying(GenerationEvent.Finished.class, end -> assertThat(
                                end.usage().cachedTokens())
                        .as("what the first worker has reused")
                        .isOne());
        // no request runs alone any more
        read(submit("hold").orTimeout(20, TimeUnit.SECONDS).join());
    }

    @Test
    void streamsMoveToARestartedWorker() throws IOException {
        migrationLimit = 3;
        List<AssertSubscriber<List<GenerationEvent>>> readers = sixOnTwoWorkers("ticks 3000");
        // beside a request that stays where it is
        read(submit("hold").orTimeout(60, TimeUnit.SECONDS).join());
        assertThat(pool.rebalanced()).isZero();
        ProcessHandle.of(pool.view().workers().get(1).pid()).orElseThrow().destroyForcibly();
        await().atMost(LIMIT).until(() -> ledger.moved > 0 && pool.view().slots() == 16);
        await().atMost(LIMIT).untilAsserted(() -> assertThat(busySlots()).allMatch(busy -> busy == 3 || busy == 4));
        assertThat(pool.rebalanced()).isPositive();
        String text = ticks(3000);
        for (AssertSubscriber<List<GenerationEvent>> reader : readers) {
            reader.awaitCompletion(LIMIT);
            assertThat(text(reader)).isEqualTo(text);
            assertThat(reader.getItems().getLast().getLast()).isInstanceOf(GenerationEvent.Finished.class);
        }
        assertThat(ledger.moved).as("only losses count").isBetween(3, 4);
        assertThat(pool.view().busySlots()).as("no slot is left taken").isOne();
    }

    @Test
    void slotsForStreamsThatDoNotMoveAreGivenBack() throws IOException {
        migrationLimit = 3;
        List<AssertSubscriber<List<GenerationEvent>>> readers = sixOnTwoWorkers("clings 3000");
        ProcessHandle.of(pool.view().workers().get(1).pid()).orElseThrow().destroyForcibly();
        // they run on one worker and wait for the other; slots are taken one by one
        await().atMost(LIMIT).untilAsserted(() -> assertThat(busySlots()).containsExactly(6, 3));
        // the client of one leaves, and the worker of the others is lost
        readers.removeFirst().cancel();
        ProcessHandle.of(pool.view().workers().get(0).pid()).orElseThrow().destroyForcibly();
        String text = ticks(3000);
        for (AssertSubscriber<List<GenerationEvent>> reader : readers) {
            reader.awaitCompletion(LIMIT);
            assertThat(text(reader)).isEqualTo(text);
        }
        await().atMost(LIMIT).untilAsserted(() -> assertThat(busySlots()).containsExactly(0, 0));
        assertThat(admission.running()).isZero();
    }

    /** Starts a pool of two workers, and three streams on each of them. */
    private List<AssertSubscriber<List<GenerationEvent>>> sixOnTwoWorkers(String prompt) throws IOException {
        start(ScriptedPool.in(folder).workers(2).slots(8), config(8, LIMIT), ledger);
        await().atMost(LIMIT).until(() -> pool.view().slots() == 16);
        List<AssertSubscriber<List<GenerationEvent>>> readers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            readers.add(read(submit(prompt).orTimeout(60, TimeUnit.SECONDS).join()));
        }
        return readers;
    }

    /** Returns the whole text of such a request. */
    private static String ticks(int count) {
        return IntStream.range(0, count).mapToObj(i -> "t" + i + " ").collect(Collectors.joining());
    }

    private List<Integer> busySlots() {
        return pool.view().workers().stream()
                .map(PoolView.WorkerView::busySlots)
                .toList();
    }

    @Test
    void requestBesideACrashingOneIsNotBlamed() throws IOException {
        migrationLimit = 2;
        start(2, 8);
        AssertSubscriber<List<GenerationEvent>> innocent =
                read(submit("ticks 600").orTimeout(60, TimeUnit.SECONDS).join());
        AssertSubscriber<List<GenerationEvent>> poison =
                read(submit("die").orTimeout(60, TimeUnit.SECONDS).join());
        poison.awaitCompletion(LIMIT);
        assertThat(poison.getItems().getLast().getLast())
                .isInstanceOfSatisfying(GenerationEvent.Failed.class, failed -> assertThat(failed.error())
                        .isInstanceOf(GenerationError.EndsWorkers.class));
        innocent.awaitCompletion(LIMIT);
        assertThat(text(innocent)).isEqualTo(ticks(600));
        assertThat(innocent.getItems().getLast().getLast()).isInstanceOf(GenerationEvent.Finished.class);
        // both ran alone in turn, and the worker is shared again
        read(submit("hold").orTimeout(60, TimeUnit.SECONDS).join());
        read(submit("say 1").orTimeout(60, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
    }

    @Test
    void withoutMigrationLossOfWorkerFailsTheStream() throws IOException {
        start(1, 8);
        Generation generation = submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        AssertSubscriber<List<GenerationEvent>> reader = read(generation);
        await().until(() -> !reader.getItems().isEmpty());
        ProcessHandle.of(pool.view().workers().getFirst().pid()).orElseThrow().destroyForcibly();
        reader.awaitCompletion(LIMIT);
        assertThat(reader.getItems().getLast().getLast())
                .isInstanceOfSatisfying(GenerationEvent.Failed.class, failed -> assertThat(failed.error())
                        .isInstanceOf(GenerationError.WorkerLost.class));
        // requests wait while the worker restarts
        read(submit("say 1").orTimeout(60, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
    }

    @Test
    void closeRefusesRequestsAndCompletesAfterTheLast() throws IOException {
        start(1, 8);
        Generation running = submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        CompletableFuture<Generation> waiting = submit("say 1");
        CompletableFuture<Void> drained = admission.close().toCompletableFuture();
        assertThat(refusal(submit("say 1"))).isInstanceOf(GenerationError.ShuttingDown.class);
        assertThat(drained).isNotDone();
        read(running).cancel();
        read(waiting.orTimeout(60, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        drained.orTimeout(60, TimeUnit.SECONDS).join();
    }

    @Test
    void stopFailsWaitingRequests() throws Exception {
        start(1, 8);
        Generation running = submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        AssertSubscriber<List<GenerationEvent>> reader = read(running);
        CompletableFuture<Generation> waiting = submit("say 1");
        admission.close();
        pool.announceStop();
        assertThat(waiting).isNotDone();
        pool.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(refusal(waiting)).isInstanceOf(GenerationError.ShuttingDown.class);
        reader.awaitCompletion(LIMIT);
        assertThat(admission.close().toCompletableFuture()).succeedsWithin(LIMIT);
    }

    @Test
    void throwingObserverDoesNotAffectRequests() throws Exception {
        GenerationObserver broken = new Ledger() {
            @Override
            public void leased(Duration waited) {
                throw new IllegalStateException("broken on purpose");
            }
        };
        start(ScriptedPool.in(folder), config(8, LIMIT), broken, ledger);
        await().atMost(LIMIT).until(() -> pool.state() == State.READY);
        read(submit("say 1").orTimeout(60, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        assertThat(ledger.entries).containsExactly("leased", "accepted 2", "first", "finished 1");
        assertThat(ledger.submitted).isEqualTo(1);
    }
}
