package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.quern.TestConfig;
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
import io.quern.time.ManualClock;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Admission over a real pool of scripted processes, for tests of both. */
abstract class AdmissionOverAPool {
    static final Duration LIMIT = Duration.ofSeconds(60);

    static Vertx vertx;

    @TempDir
    Path folder;

    final Ledger ledger = new Ledger();
    WorkerPool pool;
    int migrationLimit;
    int queueTokens;
    Duration requestTimeout;
    TokenizeConfig tokenize = TestConfig.of(TokenizeConfig.class, Map.of());

    /** The clock of the queue; the pool uses real time. */
    final ManualClock clock = new ManualClock();

    private final ScheduledExecutorService timers =
            clock.scheduler(Thread.ofPlatform().daemon().factory());
    Admission admission;

    @BeforeAll
    static void startVertx() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stopVertx() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @AfterEach
    void stopPool() throws Exception {
        pool.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
        timers.shutdownNow();
    }

    static Submission within(Duration timeout, String prompt) {
        return new Submission(request(prompt), "test", Optional.of(timeout), Optional.empty());
    }

    void start(int slots, int queueSize) throws IOException {
        start(slots, queueSize, LIMIT);
    }

    void start(int slots, int queueSize, Duration timeout) throws IOException {
        start(ScriptedPool.in(folder).slots(slots), config(queueSize, timeout), ledger);
        await().atMost(LIMIT).until(() -> pool.state() == State.READY);
    }

    /** Submits requests before the pool is ready. */
    void start(ScriptedPool scripted, AdmissionConfig queue, GenerationObserver... observers) {
        pool = scripted.start();
        admission = new Admission(
                pool,
                new AdmissionPolicy(
                        queue, new Migration(migrationLimit, MigrationMode.EXACT), () -> PrefixReuse.CLIENT, tokenize),
                vertx,
                List.of(observers),
                clock,
                (delay, task) -> {
                    Future<?> timer = timers.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
                    return () -> timer.cancel(false);
                });
    }

    CompletableFuture<Generation> submit(String prompt) {
        return submit(Submission.of(request(prompt)));
    }

    CompletableFuture<Generation> submit(String client, String prompt) {
        return submit(new Submission(request(prompt), client, Optional.empty(), Optional.empty()));
    }

    CompletableFuture<Generation> submit(Submission submission) {
        return admission.submit(submission).subscribeAsCompletionStage();
    }

    static GenerationRequest request(String prompt) {
        return new GenerationRequest(
                "test", new Prompt.Text(prompt, true), SamplingOptions.greedy(), 0, List.of(), false);
    }

    static AssertSubscriber<List<GenerationEvent>> read(Generation generation) {
        return generation.events().subscribe().withSubscriber(AssertSubscriber.create(Long.MAX_VALUE));
    }

    static GenerationError refusal(CompletableFuture<Generation> submitted) {
        GenerationError[] error = new GenerationError[1];
        assertThatThrownBy(() -> submitted.orTimeout(60, TimeUnit.SECONDS).join())
                .cause()
                .isInstanceOfSatisfying(GenerationException.class, e -> error[0] = e.error());
        return error[0];
    }

    static String text(AssertSubscriber<List<GenerationEvent>> reader) {
        StringBuilder text = new StringBuilder();
        reader.getItems()
                .forEach(batch -> batch.forEach(event -> {
                    if (event instanceof GenerationEvent.Token token) {
                        text.append(token.text());
                    }
                }));
        return text.toString();
    }

    AdmissionConfig config(int queueSize, Duration timeout) {
        return new Config(queueSize, queueTokens, timeout, Optional.ofNullable(requestTimeout), 1000);
    }

    record Config(int queueSize, int queueTokens, Duration timeout, Optional<Duration> requestTimeout, int streamBuffer)
            implements AdmissionConfig {}

    record Migration(int limit, MigrationMode mode) implements MigrationConfig {}

    static class Ledger implements GenerationObserver {
        volatile int submitted;
        volatile int moved;

        @Override
        public void submitted() {
            submitted++;
        }

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
