package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.generation.Family;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.Sharing;
import io.quern.pool.PoolView;
import io.quern.pool.ScriptedPool;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tests where the choices of one answer run, and that they wait and end like other requests. */
@StartsProcesses
class FamiliesTest extends AdmissionOverAPool {
    @Test
    void choicesRunOnOneWorkerWhileItHasSlots() throws IOException {
        start(ScriptedPool.in(folder).workers(2).slots(3), config(8, LIMIT), ledger);
        await().atMost(LIMIT).until(() -> pool.view().slots() == 6);
        List<CompletableFuture<Generation>> one = family("one", 3, "hold");
        one.forEach(this::accepted);
        assertThat(busySlots()).containsExactlyInAnyOrder(0, 3);
        accepted(submit("hold"));
        assertThat(busySlots()).containsExactlyInAnyOrder(1, 3);
        List<CompletableFuture<Generation>> other = family("other", 2, "hold");
        other.forEach(this::accepted);
        assertThat(busySlots()).containsExactly(3, 3);
    }

    @Test
    void choicesUseAnotherWorkerIfTheirsIsFull() throws IOException {
        start(ScriptedPool.in(folder).workers(2).slots(2), config(8, LIMIT), ledger);
        await().atMost(LIMIT).until(() -> pool.view().slots() == 4);
        family("one", 3, "hold").forEach(this::accepted);
        assertThat(busySlots()).containsExactlyInAnyOrder(1, 2);
    }

    @Test
    void moreChoicesThanSlotsAreServedInTurns() throws IOException {
        start(1, 8);
        List<CompletableFuture<Generation>> choices = family("one", 5, "say 2");
        for (CompletableFuture<Generation> choice : choices) {
            AssertSubscriber<List<GenerationEvent>> reader = read(accepted(choice));
            assertThat(text(reader.awaitCompletion(LIMIT))).isEqualTo("t0 t1 ");
        }
        assertThat(admission.running()).isZero();
    }

    @Test
    void waitingChoiceRunsAfterTheFirstIsCancelled() throws IOException {
        start(1, 8);
        List<CompletableFuture<Generation>> choices = family("one", 2, "hold");
        read(accepted(choices.getFirst())).cancel();
        accepted(choices.getLast());
        assertThat(pool.view().busySlots()).isOne();
    }

    @Test
    void moreChoicesThanSlotsAndQueueAreAnInvalidRequest() throws IOException {
        start(1, 2);
        List<CompletableFuture<Generation>> choices = family("one", 4, "hold");
        accepted(choices.getFirst());
        assertThat(refusal(choices.get(3))).isInstanceOfSatisfying(GenerationError.InvalidRequest.class, error -> {
            assertThat(error.parameter()).isEqualTo("n");
            assertThat(error.message()).contains("4 answers", "at most 3", "quern.admission.queue-size");
        });
        // another client's request is not to blame
        assertThat(refusal(submit("hold"))).isInstanceOf(GenerationError.Overloaded.class);
    }

    @Test
    void choicesOfALostWorkerResumeEachByItself() throws IOException {
        migrationLimit = 3;
        start(ScriptedPool.in(folder).workers(2).slots(3), config(8, LIMIT), ledger);
        await().atMost(LIMIT).until(() -> pool.view().slots() == 6);
        List<AssertSubscriber<List<GenerationEvent>>> readers = new ArrayList<>();
        family("one", 3, "ticks 3000").forEach(choice -> readers.add(read(accepted(choice))));
        readers.forEach(reader -> reader.awaitNextItem(LIMIT));
        PoolView.WorkerView running = pool.view().workers().stream()
                .filter(worker -> worker.busySlots() == 3)
                .findFirst()
                .orElseThrow();
        ProcessHandle.of(running.pid()).orElseThrow().destroyForcibly();
        String all = IntStream.range(0, 3000).mapToObj(i -> "t" + i + " ").collect(Collectors.joining());
        for (AssertSubscriber<List<GenerationEvent>> reader : readers) {
            assertThat(text(reader.awaitCompletion(LIMIT))).isEqualTo(all);
        }
        assertThat(ledger.moved).isEqualTo(3);
    }

    private List<CompletableFuture<Generation>> family(String id, int size, String prompt) {
        return IntStream.range(0, size)
                .mapToObj(i -> submit(
                        Submission.of(request(prompt).withSharing(Sharing.DEFAULT.with(new Family(id, i, size))))))
                .toList();
    }

    private Generation accepted(CompletableFuture<Generation> choice) {
        return choice.orTimeout(60, TimeUnit.SECONDS).join();
    }

    private List<Integer> busySlots() {
        return pool.view().workers().stream()
                .map(PoolView.WorkerView::busySlots)
                .toList();
    }
}
