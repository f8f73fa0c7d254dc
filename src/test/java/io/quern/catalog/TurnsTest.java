package io.quern.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.quern.StartsProcesses;
import io.quern.admission.Generation;
import io.quern.admission.Submission;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.SamplingOptions;
import io.quern.launch.WorkerConfig;
import io.quern.model.ModelConfig;
import io.quern.pool.FaultInjector;
import io.quern.pool.FaultInjector.Misbehaviour;
import io.quern.pool.PoolConfig;
import io.quern.pool.PoolView;
import io.quern.time.ManualClock;
import io.quern.tools.CallFormat;
import io.quern.tools.ReasoningFormat;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import jakarta.inject.Inject;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests that two models with memory for one take turns, although one of them is busy all the time. */
@QuarkusTest
@TestProfile(SeveralModelsTest.FourModels.class)
@StartsProcesses
class TurnsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Each model needs about 100 MiB, and the engine up to 200 MiB. */
    private static final long MEMORY = 320 << 20;

    @Inject
    Hosting hosting;

    @Inject
    PoolConfig pool;

    @Inject
    WorkerConfig worker;

    private final ManualClock clock = new ManualClock();
    private final Residency residency = new Residency(new Turns(), clock);
    private HostedModel red;
    private HostedModel blue;

    private record Turns() implements CatalogConfig {
        @Override
        public Optional<String> defaultModel() {
            return Optional.empty();
        }

        @Override
        public boolean singleModel() {
            return false;
        }

        @Override
        public Duration idleTimeout() {
            return Duration.ZERO;
        }

        @Override
        public Duration busyTimeout() {
            return PATIENCE;
        }

        @Override
        public Optional<MemorySize> memoryLimit() {
            return Optional.of(new MemorySize(BigInteger.valueOf(MEMORY)));
        }

        @Override
        public Duration retryDelay() {
            return Duration.ofSeconds(1);
        }
    }

    private record Demo(
            String model, Optional<String> modelName, CallFormat toolParser, ReasoningFormat reasoningParser)
            implements ModelConfig {}

    @BeforeEach
    void makeModels() {
        red = host("red");
        blue = host("blue");
    }

    private HostedModel host(String name) {
        ConfiguredModel configured = new ConfiguredModel(
                "turns-" + name,
                new Demo("demo", Optional.of(name), CallFormat.AUTO, ReasoningFormat.AUTO),
                List.of(),
                false,
                false,
                Duration.ZERO,
                pool,
                worker);
        HostedModel model = hosting.host(configured, List.of(configured, configured), residency, clock);
        model.workers().open();
        return model;
    }

    @AfterEach
    void stop() throws Exception {
        residency.close();
        for (HostedModel model : List.of(red, blue)) {
            model.pool().stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void busyModelFinishesItsStreamsAndMakesRoom() throws Exception {
        String whole = text(read(submit(red)));
        holdRed();
        Reader first = read(submit(red));
        CompletableFuture<Generation> waiting = submit(blue);
        awaitMemory();
        clock.advance(PATIENCE.minusSeconds(1));
        Reader second = read(submit(red));
        assertThat(red.givesWayTo()).as("the patience is not over").isEmpty();

        clock.advance(Duration.ofSeconds(1));
        assertThat(red.givesWayTo()).contains("blue");
        assertThat(red.view(false).detail()).contains("blue waits for its memory");
        CompletableFuture<Generation> late = submit(red);
        await().atMost(LIMIT).until(() -> red.admission().waiting() == 1);
        assertThat(red.admission().running()).isEqualTo(2);

        releaseRed();
        assertThat(text(first)).isEqualTo(whole);
        assertThat(text(second)).isEqualTo(whole);
        assertThat(text(read(waiting))).isEqualTo(whole);
        assertThat(text(read(late))).as("it waits for the next turn").isEqualTo(whole);
        assertThat(blue.state()).isInstanceOf(ModelState.NotLoaded.class);
        assertThat(red.givesWayTo()).isEmpty();
    }

    @Test
    void streamThatLosesItsWorkerContinuesBeforeItsModelLeaves() throws Exception {
        String whole = text(read(submit(red)));
        holdRed();
        Reader first = read(submit(red));
        CompletableFuture<Generation> waiting = submit(blue);
        awaitMemory();
        clock.advance(PATIENCE);
        assertThat(red.givesWayTo()).contains("blue");
        assertThat(new FaultInjector(red.pool()).inject(0, Misbehaviour.KILL, 0, 0))
                .isTrue();
        assertThat(text(first)).isEqualTo(whole);
        assertThat(text(read(waiting))).isEqualTo(whole);
        assertThat(red.admission().migrations()).isEqualTo(1);
    }

    @Test
    void modelServesAgainIfNobodyWaitsForItsMemory() throws Exception {
        String whole = text(read(submit(red)));
        long pid = pid();
        holdRed();
        Reader first = read(submit(red));
        CompletableFuture<Generation> waiting = submit(blue);
        awaitMemory();
        clock.advance(PATIENCE);
        CompletableFuture<Generation> late = submit(red);
        assertThat(red.admission().waiting()).isEqualTo(1);
        waiting.cancel(true);
        await().atMost(LIMIT).until(() -> red.admission().waiting() == 0);
        assertThat(red.givesWayTo()).isEmpty();
        releaseRed();
        assertThat(text(read(late))).isEqualTo(whole).isEqualTo(text(first));
        assertThat(pid()).as("it was not unloaded").isEqualTo(pid);
        assertThat(blue.state()).isInstanceOf(ModelState.NotLoaded.class);
    }

    private void awaitMemory() {
        await().atMost(LIMIT).until(() -> blue.state() instanceof ModelState.AwaitingMemory);
    }

    private void holdRed() throws IOException {
        assertThat(new FaultInjector(red.pool()).inject(0, Misbehaviour.HOLD, 0, 2))
                .isTrue();
    }

    private void releaseRed() throws IOException {
        assertThat(new FaultInjector(red.pool()).inject(0, Misbehaviour.RELEASE, 0, 0))
                .isTrue();
    }

    private long pid() {
        return red.pool().view().workers().stream()
                .mapToLong(PoolView.WorkerView::pid)
                .sum();
    }

    private static CompletableFuture<Generation> submit(HostedModel model) {
        GenerationRequest request = new GenerationRequest(
                "turns", new Prompt.Text("A fork server", true), SamplingOptions.greedy(), 20, List.of(), true);
        return model.admission().submit(Submission.of(request)).subscribeAsCompletionStage();
    }

    /** The events of a stream. */
    private record Reader(AssertSubscriber<List<GenerationEvent>> events) {}

    private static Reader read(CompletableFuture<Generation> submitted) throws Exception {
        return new Reader(submitted
                .get(60, TimeUnit.SECONDS)
                .events()
                .subscribe()
                .withSubscriber(AssertSubscriber.create(Long.MAX_VALUE)));
    }

    /** Waits for the end of the stream, which must not be an error. */
    private static String text(Reader reader) {
        List<List<GenerationEvent>> batches =
                reader.events().awaitCompletion(LIMIT).getItems();
        StringBuilder text = new StringBuilder();
        batches.forEach(batch -> batch.forEach(event -> {
            if (event instanceof GenerationEvent.Token token) {
                text.append(token.text());
            }
        }));
        assertThat(batches.getLast().getLast()).isInstanceOf(GenerationEvent.Finished.class);
        assertThat(text).isNotEmpty();
        return text.toString();
    }
}
