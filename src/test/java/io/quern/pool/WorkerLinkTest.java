package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.SamplingOptions;
import io.quern.generation.TokenLogprob;
import io.quern.generation.VocabularyQuestion.Tokenize;
import io.quern.jvm.WorkerBounds;
import io.quern.socket.FrameConnection;
import io.quern.socket.FrameListener;
import io.quern.time.ManualClock;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fatal;
import io.quern.wire.Progress;
import io.quern.wire.Ready;
import io.quern.wire.WorkerFrame;
import io.quern.wire.WorkerSettings;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the engine's end of a connection; the test plays the worker. */
@StartsProcesses
class WorkerLinkTest {
    private static final int ROUNDS = 3000;
    private static final int CONTEXT = 256;
    private static final int LONGEST_TOKEN = 16;

    private static final GenerationRequest REQUEST =
            new GenerationRequest("test", new Prompt.Text("x", true), SamplingOptions.greedy(), 0, List.of(), false);

    @TempDir
    Path folder;

    private static final Tokenize QUESTION = new Tokenize("a", true, false);

    private final Vertx vertx = Vertx.vertx();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private FrameListener<WorkerFrame, EngineFrame> listener;
    private FrameConnection<EngineFrame, WorkerFrame> worker;
    private final ManualClock clock = new ManualClock();
    private WorkerLink link;

    @BeforeEach
    void connect() throws IOException {
        listener = FrameListener.open(folder, WorkerFrame.parser(), ScriptedPool.MAX_FRAME_BYTES);
        worker = FrameConnection.connect(listener.socket(), EngineFrame.parser(), ScriptedPool.MAX_FRAME_BYTES);
        link = new WorkerLink(
                ScriptedPool.spec(
                        0,
                        listener.socket(),
                        "serves",
                        1,
                        WorkerBounds.of(1, CONTEXT, 256, LONGEST_TOKEN, ScriptedPool.MAX_FRAME_BYTES, List.of())),
                listener.accept(),
                new PrefixStore(0),
                new Pulse(Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ZERO, clock.nanos()),
                Duration.ofSeconds(60),
                clock,
                new Deaf());
        Thread.ofPlatform().daemon().start(link::run);
        worker.send(WorkerFrame.newBuilder()
                .setReady(Ready.newBuilder().setSlots(1).setContextLength(CONTEXT))
                .build());
        await().until(() -> link.freeSlots() == 1);
    }

    @AfterEach
    void disconnect() throws Exception {
        link.close("the test is over");
        worker.close();
        listener.close();
        threads.shutdownNow();
        vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @Test
    void cancelDuringStartLeavesNothingRunning() throws Exception {
        CompletableFuture<Set<Long>> leftRunning = CompletableFuture.supplyAsync(this::followWhatRuns, threads);
        Context context = vertx.getOrCreateContext();
        CyclicBarrier go = new CyclicBarrier(2);
        for (int i = 0; i < ROUNDS; i++) {
            Lease lease = link.lease();
            assertThat(lease).as("round %d: the slot was given back", i).isNotNull();
            CompletableFuture<Void> cancelled = CompletableFuture.runAsync(
                    () -> {
                        meet(go);
                        lease.cancel();
                    },
                    threads);
            meet(go);
            lease.start(REQUEST, PrefixScope.NONE, Replay.NOTHING, context, new Unheard());
            cancelled.get(60, TimeUnit.SECONDS);
        }
        assertThat(link.busySlots()).isZero();
        link.stop();
        assertThat(leftRunning.get(60, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void shareOfCoresIsSentOnlyWhenItChanges() throws Exception {
        CoreShares shares = new CoreShares(
                2,
                WorkerSettings.Computation.newBuilder()
                        .setThreads(1)
                        .setMostThreads(2)
                        .build(),
                OptionalLong.empty());
        shares.update(List.of(link), OptionalDouble.empty());
        shares.update(List.of(link), OptionalDouble.empty());
        shares.update(List.of(link), OptionalDouble.of(0));
        link.stop();
        assertThat(worker.receive().getCores().getThreads()).isEqualTo(2);
        assertThat(worker.receive().getCores().getThreads()).isEqualTo(1);
        assertThat(worker.receive().hasStop()).isTrue();
    }

    @Test
    void tooLongPromptIsRefusedUnsent() throws Exception {
        String prompt = "x".repeat(CONTEXT * LONGEST_TOKEN + 1);
        GenerationError error = refusal(new GenerationRequest(
                "test", new Prompt.Text(prompt, true), SamplingOptions.greedy(), 0, List.of(), false));
        assertThat(error).isInstanceOfSatisfying(GenerationError.ContextLengthExceeded.class, refused -> {
            assertThat(refused.contextLength()).isEqualTo(CONTEXT);
            assertThat(refused.message())
                    .contains("maximum context length is " + CONTEXT + " tokens", prompt.length() + " bytes")
                    .contains("at least " + (CONTEXT + 1) + " tokens");
        });
        assertThat(link.busySlots()).isZero();
    }

    private GenerationError refusal(GenerationRequest request) throws Exception {
        CompletableFuture<GenerationError> refused = new CompletableFuture<>();
        link.lease().start(request, PrefixScope.NONE, Replay.NOTHING, vertx.getOrCreateContext(), new Unheard() {
            @Override
            public void failed(GenerationError error) {
                refused.complete(error);
            }
        });
        return refused.get(10, TimeUnit.SECONDS);
    }

    @Test
    void requestToGoneWorkerDidNotReachIt() throws Exception {
        Lease lease = link.lease();
        worker.close();
        Lost lost = new Lost();
        lease.start(REQUEST, PrefixScope.NONE, Replay.NOTHING, vertx.getOrCreateContext(), lost);
        assertThat(lost.cause.get(10, TimeUnit.SECONDS).toCompletableFuture().get(10, TimeUnit.SECONDS))
                .isEqualTo(LossCause.NOT_REACHED);
        assertThat(link.busySlots()).isZero();
    }

    @Test
    void requestThatReachedItsWorkerLearnsTheCause() throws Exception {
        Lease lease = link.lease();
        Lost lost = new Lost();
        lease.start(REQUEST, PrefixScope.NONE, Replay.NOTHING, vertx.getOrCreateContext(), lost);
        assertThat(worker.receive().hasGenerate()).isTrue();
        worker.close();
        CompletableFuture<LossCause> cause =
                lost.cause.get(10, TimeUnit.SECONDS).toCompletableFuture();
        assertThat(cause).isNotDone();
        link.processEnded(LossCause.KILLED_FROM_OUTSIDE);
        assertThat(cause.get(10, TimeUnit.SECONDS)).isEqualTo(LossCause.KILLED_FROM_OUTSIDE);
    }

    @Test
    void workerThatDoesNotAnswerAQuestionIsStuck() throws Exception {
        CompletableFuture<?> answer = link.ask(QUESTION).orElseThrow().toCompletableFuture();
        assertThat(worker.receive().hasQuestion()).isTrue();
        clock.advance(Duration.ofSeconds(60));
        assertThat(link.stuck(false)).isEmpty();
        clock.advance(Duration.ofSeconds(1));
        assertThat(link.stuck(true)).as("the engine itself was stopped").isEmpty();
        clock.advance(Duration.ofSeconds(61));
        assertThat(link.stuck(false)).hasValueSatisfying(stuck -> assertThat(stuck.toString())
                .contains("has not answered a question about its vocabulary for 61"));
        link.close("it is stuck");
        link.processEnded(LossCause.OWN);
        assertLost(answer, LossCause.OWN, true);
    }

    @Test
    void questionToGoneWorkerDidNotReachIt() throws Exception {
        CompletableFuture<?> answer = link.ask(
                        new Tokenize("a".repeat(ScriptedPool.MAX_FRAME_BYTES - 100), true, false))
                .orElseThrow()
                .toCompletableFuture();
        worker.close();
        assertLost(answer, LossCause.NOT_REACHED, true);
        assertThat(link.mayAsk()).isFalse();
    }

    @Test
    void lostQuestionKnowsWhetherRequestsRanBesideIt() throws Exception {
        link.lease().start(REQUEST, PrefixScope.NONE, Replay.NOTHING, vertx.getOrCreateContext(), new Unheard());
        CompletableFuture<?> answer = link.ask(QUESTION).orElseThrow().toCompletableFuture();
        assertThat(worker.receive().hasGenerate()).isTrue();
        assertThat(worker.receive().hasQuestion()).isTrue();
        worker.close();
        link.processEnded(LossCause.KILLED_FROM_OUTSIDE);
        assertLost(answer, LossCause.KILLED_FROM_OUTSIDE, false);
    }

    @Test
    void workerThatTriesARequestAloneGetsNoQuestions() {
        Lease alone = link.leaseAlone();
        assertThat(link.mayAsk()).isFalse();
        assertThat(link.ask(QUESTION)).isEmpty();
        alone.share();
        assertThat(link.mayAsk()).isTrue();
    }

    private static void assertLost(CompletableFuture<?> answer, LossCause cause, boolean alone) {
        assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(QuestionLostException.class, lost -> {
                    assertThat(lost.alone()).isEqualTo(alone);
                    assertThat(lost.lossCause()
                                    .toCompletableFuture()
                                    .orTimeout(10, TimeUnit.SECONDS)
                                    .join())
                            .isEqualTo(cause);
                });
    }

    /** Behaves as a worker does: it ignores the cancellation of an unknown request. */
    private Set<Long> followWhatRuns() {
        Set<Long> running = new HashSet<>();
        try {
            for (EngineFrame frame = worker.receive(); !frame.hasStop(); frame = worker.receive()) {
                if (frame.hasGenerate()) {
                    running.add(frame.getGenerate().getRequest());
                } else {
                    running.remove(frame.getCancel().getRequest());
                }
            }
            return running;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(60, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static final class Deaf implements WorkerLink.Events {
        @Override
        public void progress(Progress progress) {}

        @Override
        public void ready(Ready ready) {}

        @Override
        public void fatal(Fatal fatal) {}

        @Override
        public void ended(EndCause.ConnectionEnded cause) {}

        @Override
        public void capacity() {}

        @Override
        public void begun() {}
    }

    private static final class Lost extends Unheard {
        final CompletableFuture<CompletionStage<LossCause>> cause = new CompletableFuture<>();

        @Override
        public void lost(GenerationError.WorkerLost error, KeptState kept, CompletionStage<LossCause> why) {
            cause.complete(why);
        }
    }

    private static class Unheard implements GenerationSink {
        @Override
        public void accepted(int promptTokens) {}

        @Override
        public void tokens(String text, List<Integer> tokens, List<TokenLogprob> logprobs) {}

        @Override
        public void finished(GenerationEvent.Finished finished) {}

        @Override
        public void failed(GenerationError error) {}

        @Override
        public void left(Lease next, KeptState kept) {
            throw new AssertionError("nobody asked for it");
        }

        @Override
        public void lost(GenerationError.WorkerLost error, KeptState kept, CompletionStage<LossCause> cause) {}
    }
}
