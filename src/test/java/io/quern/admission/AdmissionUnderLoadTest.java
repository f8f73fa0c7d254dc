package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests which requests wait, which are refused, and which time out. */
@StartsProcesses
class AdmissionUnderLoadTest extends AdmissionOverAPool {
    @Test
    void fullQueueRefusesNewRequestAndKeepsOthers() throws IOException {
        start(1, 1);
        Generation running = submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        CompletableFuture<Generation> waiting = submit("say 1");
        assertThat(refusal(submit("say 1"))).isInstanceOf(GenerationError.Overloaded.class);
        read(running).cancel();
        read(waiting.orTimeout(60, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
    }

    @Test
    void withoutAQueueFreeSlotIsStillLeased() throws IOException {
        start(1, 0);
        read(submit("say 1").orTimeout(60, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        assertThat(refusal(submit("say 1"))).isInstanceOf(GenerationError.Overloaded.class);
    }

    @Test
    void requestThatWaitsTooLongFails() throws IOException {
        start(1, 8, Duration.ofSeconds(5));
        submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        CompletableFuture<Generation> waiting = submit("say 1");
        clock.advance(Duration.ofMillis(4999));
        assertThat(waiting).isNotDone();
        clock.advance(Duration.ofMillis(1));
        assertThat(refusal(waiting)).isInstanceOf(GenerationError.QueueTimeout.class);
        assertThat(admission.waiting()).isZero();
        assertThat(admission.running()).isEqualTo(1);
    }

    @Test
    void clientsTakeTurnsWhateverTheirNumberOfRequests() throws IOException {
        start(1, 8);
        Generation running = submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        List<CompletableFuture<Generation>> greedy =
                List.of(submit("greedy", "hold"), submit("greedy", "hold"), submit("greedy", "hold"));
        CompletableFuture<Generation> modest = submit("modest", "hold");
        read(running).cancel();
        read(greedy.getFirst().orTimeout(60, TimeUnit.SECONDS).join()).cancel();
        modest.orTimeout(60, TimeUnit.SECONDS).join();
        assertThat(greedy.get(1)).isNotDone();
    }

    @Test
    void fullQueueRemovesNewestOfLargestClient() throws IOException {
        start(1, 2);
        submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
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
    void retryAfterFollowsThePaceOfTheQueue() throws IOException {
        start(1, 3);
        Generation running = submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        List<CompletableFuture<Generation>> waiting = List.of(submit("hold"), submit("hold"));
        clock.advance(Duration.ofSeconds(7));
        read(running).cancel();
        waiting.getFirst().orTimeout(60, TimeUnit.SECONDS).join();
        submit("hold");
        submit("hold");
        // one request has begun after seven seconds, and three wait
        assertThat(refusal(submit("hold")))
                .isInstanceOfSatisfying(GenerationError.Overloaded.class, error -> assertThat(error.retryAfter())
                        .isEqualTo(Duration.ofSeconds(21)));
    }

    @Test
    void queueIsBoundedInTokens() throws IOException {
        queueTokens = 10;
        start(1, 8);
        submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        CompletableFuture<Generation> waiting = submit("say 1");
        assertThat(refusal(submit("say 1" + " ".repeat(40)))).isInstanceOf(GenerationError.Overloaded.class);
        assertThat(waiting).isNotDone();
        assertThat(submit("say 1")).isNotDone();
    }

    @Test
    void deadlineEndsWaitingRequest() throws IOException {
        start(1, 8);
        submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        CompletableFuture<Generation> waiting = submit(within(Duration.ofMillis(200), "say 1"));
        clock.advance(Duration.ofMillis(200));
        assertThat(refusal(waiting))
                .isEqualTo(new GenerationError.DeadlineExceeded(
                        "The request did not finish within its time limit of 0.2 s."));
        assertThat(admission.waiting()).isZero();
        assertThat(admission.running()).isEqualTo(1);
    }

    @Test
    void deadlineEndsStreamAndFreesItsSlot() throws IOException {
        requestTimeout = Duration.ofSeconds(2);
        start(1, 8);
        // the configured limit applies, although the client allows more
        Generation generation = submit(within(Duration.ofHours(1), "hold"))
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
        AssertSubscriber<List<GenerationEvent>> reader = read(generation);
        clock.advance(requestTimeout);
        reader.awaitCompletion(LIMIT);
        assertThat(reader.getItems().getLast().getLast())
                .isEqualTo(new GenerationEvent.Failed(new GenerationError.DeadlineExceeded(
                        "The request did not finish within its time limit of 2 s.")));
        assertThat(admission.running()).isZero();
        assertThat(pool.view().busySlots()).isZero();
        assertThat(ledger.entries).endsWith("failed DeadlineExceeded");
    }

    @Test
    void deadlineAfterTheEndHasNoEffect() throws IOException {
        requestTimeout = Duration.ofSeconds(2);
        start(1, 8);
        read(submit("say 2").orTimeout(60, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        AssertSubscriber<List<GenerationEvent>> later =
                read(submit("hold").orTimeout(60, TimeUnit.SECONDS).join());
        // its deadline has passed when the deadline of a later request does
        clock.advance(requestTimeout);
        later.awaitCompletion(LIMIT);
        assertThat(ledger.entries).contains("finished 2").endsWith("failed DeadlineExceeded");
        assertThat(ledger.entries)
                .filteredOn(entry -> entry.startsWith("failed"))
                .hasSize(1);
    }

    @Test
    void waitingRequestLearnsItsPositionAndItsChanges() throws IOException {
        start(1, 8);
        Generation running = submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        CompletableFuture<Generation> before = submit("hold");
        List<Integer> places = new CopyOnWriteArrayList<>();
        CompletableFuture<Generation> listening =
                submit(new Submission(request("say 1"), "listener", Optional.empty(), Optional.of(places::add)));
        await().atMost(LIMIT).until(() -> !places.isEmpty());
        assertThat(places).containsExactly(2);
        read(running).cancel();
        Generation next = before.orTimeout(60, TimeUnit.SECONDS).join();
        clock.advance(Duration.ofMillis(500));
        await().atMost(LIMIT).until(() -> places.size() == 2);
        assertThat(places).containsExactly(2, 1);
        read(next).cancel();
        read(listening.orTimeout(60, TimeUnit.SECONDS).join()).awaitCompletion(LIMIT);
        assertThat(places).containsExactly(2, 1);
    }

    @Test
    void requestThatNeedNotWaitGetsNoPosition() throws IOException {
        start(1, 8);
        List<Integer> places = new CopyOnWriteArrayList<>();
        read(submit(new Submission(request("say 1"), "listener", Optional.empty(), Optional.of(places::add)))
                        .orTimeout(60, TimeUnit.SECONDS)
                        .join())
                .awaitCompletion(LIMIT);
        assertThat(places).isEmpty();
    }
}
