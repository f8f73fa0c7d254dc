package io.quern.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quern.ServedDemo;
import io.quern.StartsProcesses;
import io.quern.catalog.ModelCatalog;
import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationException;
import io.quern.generation.GenerationRequest;
import io.quern.generation.SamplingOptions;
import io.quern.model.ChatMessage;
import io.quern.pool.FaultInjector;
import io.quern.pool.FaultInjector.Misbehaviour;
import io.quern.pool.PoolView;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Tests the bean that an application injects, with a real worker. The calls come from a thread without an event loop.
 */
@QuarkusTest
@QuarkusTestResource(ServedDemo.class)
@StartsProcesses
class QuernEngineTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Inject
    QuernEngine engine;

    @Inject
    ModelCatalog catalog;

    @BeforeEach
    void isReady() {
        engine.whenReady().await().atMost(LIMIT);
        assertThat(engine.pool().state()).isEqualTo(PoolView.State.READY);
    }

    @AfterEach
    void release() throws IOException {
        faults().inject(0, Misbehaviour.RELEASE, 0, 0);
    }

    @Test
    void sameQuestionGetsSameAnswer() {
        String answer = engine.answer("What is a fork server?").await().atMost(LIMIT);
        assertThat(answer).startsWith("A fork server is");
        assertThat(engine.answer("What is a fork server?").await().atMost(LIMIT))
                .isEqualTo(answer);
    }

    @Test
    void chatIsTokensAndOneFinish() {
        List<GenerationEvent> events = chat(3).collect().asList().await().atMost(LIMIT);
        assertThat(events.getLast()).isInstanceOfSatisfying(GenerationEvent.Finished.class, end -> {
            assertThat(end.reason()).isEqualTo(FinishReason.LENGTH);
            assertThat(end.usage().completionTokens()).isEqualTo(3);
        });
        assertThat(events.subList(0, events.size() - 1)).isNotEmpty().allSatisfy(event -> assertThat(event)
                .isInstanceOf(GenerationEvent.Token.class));
    }

    @Test
    void promptBeyondContextFails() {
        assertThatThrownBy(() -> engine.answer("word ".repeat(1000)).await().atMost(LIMIT))
                .isInstanceOfSatisfying(GenerationException.class, failure -> assertThat(failure.error())
                        .isInstanceOf(GenerationError.ContextLengthExceeded.class));
    }

    @Test
    void streamSurvivesLossOfItsWorker() throws IOException {
        List<GenerationEvent> undisturbed = endless().collect().asList().await().atMost(LIMIT);
        int restarts = engine.pool().workers().getFirst().restarts();
        hold(3);
        AtomicBoolean killed = new AtomicBoolean();
        List<GenerationEvent> events = endless()
                .onItem()
                .invoke(event -> {
                    if (killed.compareAndSet(false, true)) {
                        engine.pool().workers().forEach(worker -> ProcessHandle.of(worker.pid())
                                .ifPresent(ProcessHandle::destroyForcibly));
                    }
                })
                .collect()
                .asList()
                .await()
                .atMost(LIMIT);
        assertThat(text(events)).isEqualTo(text(undisturbed)).isNotEmpty();
        assertThat(end(events)).isEqualTo(end(undisturbed));
        assertThat(engine.pool().workers().getFirst().restarts()).isGreaterThan(restarts);
    }

    /** The second request reuses tokens of the first one's prompt. */
    private static GenerationEvent end(List<GenerationEvent> events) {
        return ((GenerationEvent.Finished) events.getLast()).withCached(0);
    }

    private static String text(List<GenerationEvent> events) {
        StringBuilder text = new StringBuilder();
        events.forEach(event -> {
            if (event instanceof GenerationEvent.Token token) {
                text.append(token.text());
            }
        });
        return text.toString();
    }

    @Test
    void cancelledRequestFreesItsSlot() throws IOException {
        hold(1);
        AssertSubscriber<GenerationEvent> reader = endless().subscribe().withSubscriber(AssertSubscriber.create(1));
        reader.awaitItems(1, LIMIT);
        assertThat(engine.pool().busySlots()).isEqualTo(1);
        reader.cancel();
        await().atMost(LIMIT).until(() -> engine.pool().busySlots() == 0);
        release();
        assertThat(engine.answer("What is a fork server?").await().atMost(LIMIT))
                .isNotEmpty();
    }

    @Test
    void modelAndDecisionAreAvailable() {
        assertThat(engine.model()).isEqualTo("demo");
        assertThat(engine.decision().rules()).isNotEmpty();
    }

    /** Pauses the worker after a number of steps with tokens, so that its requests are still running then. */
    private void hold(int steps) throws IOException {
        assertThat(faults().inject(0, Misbehaviour.HOLD, 0, steps)).isTrue();
    }

    private Multi<GenerationEvent> chat(int maxTokens) {
        return engine.chat(List.of(new ChatMessage("user", "Tell me a story.")), SamplingOptions.greedy(), maxTokens);
    }

    /** A request that generates until the context is full. */
    private Multi<GenerationEvent> endless() {
        return engine.prompt(List.of(new ChatMessage("user", "Tell me a story.")))
                .onItem()
                .transformToMulti(prompt -> engine.generate(
                        new GenerationRequest("endless", prompt, SamplingOptions.greedy(), 0, List.of(), true)));
    }

    private FaultInjector faults() {
        return new FaultInjector(catalog.first().pool());
    }
}
