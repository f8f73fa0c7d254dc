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
import io.quern.launch.LaunchEvents;
import io.quern.launch.TokenIssuer;
import io.quern.launch.WorkerSpec;
import io.quern.launch.WorkerStarter;
import io.quern.policy.StartMethod;
import io.quern.pool.PoolView.State;
import io.quern.process.ChildProcess;
import io.quern.process.ProcessStarter;
import io.quern.socket.FrameConnection;
import io.quern.threads.EngineThreads;
import io.quern.time.ManualClock;
import io.quern.wire.EngineFrame;
import io.quern.wire.Hello;
import io.quern.wire.Protocol;
import io.quern.wire.WorkerFrame;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the pool with real child processes that follow a script. */
@StartsProcesses
class WorkerPoolTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** A limit that no test reaches, however far it lets time pass. */
    private static final Duration NEVER = Duration.ofDays(1);

    private static Vertx vertx;

    @TempDir
    Path folder;

    private final ManualClock clock = new ManualClock();
    private WorkerPool pool;
    private Path socket;

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
        if (pool != null) {
            List<Long> pids = pids();
            CompletableFuture<Void> stopped = pool.stop().toCompletableFuture();
            advanceUntil(stopped::isDone);
            assertThat(pids).allSatisfy(pid -> assertThat(ProcessHandle.of(pid)).isEmpty());
            assertThat(folder).isEmptyDirectory();
        }
    }

    @Test
    void restartWaitsForResourcesOfLastProcess() throws IOException {
        CompletableFuture<Void> memoryBack = new CompletableFuture<>();
        WorkerStarter settling = new ScriptedStarter() {
            @Override
            public Optional<CompletionStage<Void>> settled(WorkerSpec spec) {
                return Optional.of(memoryBack);
            }
        };
        pool = ScriptedPool.in(folder).starter(settling).start();
        awaitState(State.READY);
        ProcessHandle.of(pids().getFirst()).orElseThrow().destroyForcibly();
        await().untilAsserted(() ->
                assertThat(pool.view().workers().getFirst().detail()).endsWith("; waiting for the GPU's memory"));
        assertThat(pool.view().workers().getFirst().restarts()).isZero();
        memoryBack.complete(null);
        awaitState(State.READY);
        assertThat(pool.view().workers().getFirst().restarts()).isEqualTo(1);
    }

    @Test
    void requestGetsItsTokensAndItsEnd() throws IOException {
        start(TestPoolConfig.quick(), "serves", 1, 2);
        awaitState(State.READY);
        Recorder recorder = run("say 3");
        recorder.awaitEnd();
        assertThat(recorder.events).containsExactly("accepted 2", "t0 ", "t1 ", "t2 ", "finished STOP 2+3");
        assertThat(pool.view().busySlots()).isZero();
    }

    @Test
    void workerWithThePrefixIsPreferredUnlessItIsClearlyBusier() throws Exception {
        start(TestPoolConfig.quick(), "serves", 2, 4);
        await().until(() -> pool.view().slots() == 8);
        OptionalInt one = OptionalInt.of(1);
        List<Integer> routed = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            routed.add(pool.acquireNear(one, false).orElseThrow().workerId());
        }
        assertThat(routed).as("then the other one has two more free slots").containsExactly(1, 1, 0, 1);
        assertThat(pool.acquireNear(OptionalInt.of(7), false))
                .as("no such worker")
                .isPresent();
        assertThat(pool.acquireNear(OptionalInt.empty(), false)).isPresent();
    }

    @Test
    void longPromptGetsAWorkerWithoutStreams() throws Exception {
        start(TestPoolConfig.quick(), "serves", 3, 4);
        await().until(() -> pool.view().slots() == 12);
        pool.routing().orElseThrow().fill(1);
        OptionalInt anywhere = OptionalInt.empty();
        int filled = workerOf(anywhere, true);
        assertThat(workerOf(anywhere, false)).as("a short prompt").isEqualTo(filled);
        int idle = workerOf(anywhere, true);
        assertThat(idle).as("beside a stream").isNotEqualTo(filled);
        assertThat(workerOf(OptionalInt.of(filled), true))
                .as("where its beginning is")
                .isEqualTo(filled);
        assertThat(workerOf(anywhere, true)).as("another one").isNotIn(filled, idle);
        assertThat(workerOf(anywhere, true)).as("one of those with fewest").isNotEqualTo(filled);
        assertThat(workerOf(anywhere, false)).as("a short prompt").isEqualTo(filled);
    }

    private int workerOf(OptionalInt near, boolean longPrompt) {
        return pool.acquireNear(near, longPrompt).orElseThrow().workerId();
    }

    @Test
    void leaseGoesToWorkerWithMostFreeSlots() throws IOException {
        start(TestPoolConfig.quick(), "serves", 2, 2);
        await().until(() -> pool.view().slots() == 4);
        List<Integer> routed = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            routed.add(pool.acquire().orElseThrow().workerId());
        }
        assertThat(routed.subList(0, 2)).containsExactlyInAnyOrder(0, 1);
        assertThat(routed.subList(2, 4)).containsExactlyInAnyOrder(0, 1);
        assertThat(pool.acquire()).isEmpty();
    }

    @Test
    void exclusiveLeaseExcludesOthersUntilSharedOrEnded() throws IOException {
        start(TestPoolConfig.quick(), "serves", 1, 2);
        awaitState(State.READY);
        Lease alone = pool.acquireAlone().orElseThrow();
        assertThat(pool.acquire()).isEmpty();
        alone.share();
        Lease beside = pool.acquire().orElseThrow();
        alone.cancel();
        assertThat(pool.acquireAlone()).isEmpty();
        beside.cancel();
        pool.acquireAlone().orElseThrow().cancel();
        assertThat(pool.acquire()).isPresent();
    }

    @Test
    void busyWorkerIsReservedForExclusiveLease() throws IOException {
        start(TestPoolConfig.quick(), "serves", 2, 2);
        await().until(() -> pool.view().slots() == 4);
        Lease first = lease();
        Lease second = lease();
        assertThat(first.workerId()).isNotEqualTo(second.workerId());
        assertThat(pool.acquireAlone()).isEmpty();
        // one worker gets no further requests, the other does
        Lease third = lease();
        assertThat(pool.acquire()).isEmpty();
        Lease onKeptOne = third.workerId() == first.workerId() ? second : first;
        onKeptOne.cancel();
        assertThat(pool.acquire()).isEmpty();
        assertThat(pool.acquireAlone().orElseThrow().workerId()).isEqualTo(onKeptOne.workerId());
    }

    @Test
    void withoutExclusiveRequestsAllWorkersServe() throws IOException {
        start(TestPoolConfig.quick(), "serves", 1, 2);
        awaitState(State.READY);
        lease();
        assertThat(pool.acquireAlone()).isEmpty();
        assertThat(pool.acquire()).isEmpty();
        pool.keepNoneFree();
        assertThat(pool.acquire()).isPresent();
    }

    @Test
    void cancelledLeaseFreesSlotOnceAndReceivesNothing() throws IOException {
        start(TestPoolConfig.quick(), "serves", 1, 1);
        awaitState(State.READY);
        Recorder recorder = new Recorder();
        Lease lease = lease();
        lease.start(request("hold"), PrefixScope.NONE, Replay.NOTHING, context(), recorder);
        await().until(() -> recorder.events.contains("t0 "));
        lease.cancel();
        lease.cancel();
        assertThat(pool.view().busySlots()).isZero();
        Recorder next = run("say 1");
        next.awaitEnd();
        assertThat(recorder.events).containsExactly("accepted 2", "t0 ");
    }

    @Test
    void rejectedRequestFailsAndFreesItsSlot() throws IOException {
        start(TestPoolConfig.quick(), "serves", 1, 1);
        awaitState(State.READY);
        Recorder recorder = run("reject");
        recorder.awaitEnd();
        assertThat(recorder.error).isEqualTo(new GenerationError.ContextLengthExceeded(99, 64, "too long"));
        assertThat(pool.view().busySlots()).isZero();
    }

    @Test
    void oversizedPromptFailsOnlyItsRequest() throws IOException {
        start(TestPoolConfig.quick(), "serves", 1, 2);
        awaitState(State.READY);
        Recorder other = run("hold");
        await().until(() -> other.events.contains("t0 "));
        Recorder recorder = run("x".repeat(ScriptedPool.MAX_FRAME_BYTES));
        recorder.awaitEnd();
        assertThat(recorder.error)
                .isInstanceOf(GenerationError.InvalidRequest.class)
                .extracting(GenerationError::message)
                .asString()
                .contains("1048576", "quern.worker.max-frame-bytes");
        run("say 1").awaitEnd();
        assertThat(other.error).isNull();
        assertThat(pool.view().workers().getFirst().restarts()).isZero();
        assertThat(pool.view().busySlots()).isEqualTo(1);
    }

    @Test
    void stopDuringAFailingStartCompletes() throws Exception {
        CompletableFuture<ChildProcess> attempt = new CompletableFuture<>();
        start(ScriptedPool.in(folder).starter(new HeldStarter(attempt)));
        CompletableFuture<Void> stopped = pool.stop().toCompletableFuture();
        await().until(() -> pool.view().workers().getFirst().state().equals("draining"));
        attempt.completeExceptionally(new IOException("no more processes"));
        stopped.get(60, TimeUnit.SECONDS);
    }

    @Test
    void startThatFailsAfterItsTimeoutIsRetried() throws Exception {
        CompletableFuture<ChildProcess> attempt = new CompletableFuture<>();
        start(ScriptedPool.in(folder).starter(new HeldStarter(attempt)).clock(clock));
        clock.advance(TestPoolConfig.quick().startTimeout().plusSeconds(1));
        assertThat(worker().state()).isEqualTo("failed");
        attempt.completeExceptionally(new IOException("no more processes"));
        advanceUntil(() -> pool.state() == State.FAILED);
        assertThat(pool.view().workers().getFirst().restarts()).isEqualTo(3);
    }

    @Test
    void throwingStarterCountsAsFailedStart() throws Exception {
        start(ScriptedPool.in(folder).starter(new HeldStarter(null)));
        awaitState(State.FAILED);
        assertThat(pool.view().reason()).contains("it could not be started: ");
    }

    @Test
    void killedWorkerFailsItsStreamsAndRestarts() throws IOException {
        start(TestPoolConfig.quick(), "serves", 1, 2);
        awaitState(State.READY);
        Recorder first = run("hold");
        Recorder second = run("hold");
        await().until(() -> first.events.size() == 2 && second.events.size() == 2);
        long pid = pids().getFirst();
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        first.awaitEnd();
        second.awaitEnd();
        assertThat(first.error).isInstanceOf(GenerationError.WorkerLost.class);
        assertThat(second.error).isInstanceOf(GenerationError.WorkerLost.class);
        awaitState(State.READY);
        await().until(() -> !pids().isEmpty() && pids().getFirst() != pid);
        PoolView.WorkerView view = pool.view().workers().getFirst();
        assertThat(view.restarts()).isEqualTo(1);
        assertThat(view.lastExit()).isEqualTo("signal 9 (KILL)");
        assertThat(view.lastStderr()).contains("scripted worker: serves");
        Recorder again = run("say 1");
        again.awaitEnd();
        assertThat(again.events).endsWith("finished STOP 2+1");
    }

    @Test
    void workerWithFullHeapReportsItAndRestarts() throws IOException {
        start(TestPoolConfig.quick(), "serves", 1, 1);
        awaitState(State.READY);
        Recorder filler = run("fill");
        filler.awaitEnd();
        assertThat(filler.error).isInstanceOf(GenerationError.WorkerLost.class);
        await().until(() -> pool.view().workers().getFirst().restarts() == 1);
        assertThat(pool.view().workers().getFirst().lastExit())
                .startsWith("exit code 3: its JVM ran out of memory, with a heap of ")
                .contains("set a larger one, such as quern.worker.jvm-options=-Xmx");
        awaitState(State.READY);
        Recorder again = run("say 1");
        again.awaitEnd();
        assertThat(again.events).endsWith("finished STOP 2+1");
    }

    @Test
    void stalledWorkerIsReplaced() throws IOException {
        startByHand(TestPoolConfig.quick().stallTimeout(Duration.ofSeconds(1)), "serves", 1, 2);
        awaitState(State.READY);
        long pid = pids().getFirst();
        // a worker that is idle for longer stays
        clock.advance(Duration.ofMillis(1500));
        assertThat(pids()).containsExactly(pid);
        assertThat(worker().state()).isEqualTo("ready");
        Recorder held = run("hold");
        await().until(() -> held.events.contains("t0 "));
        clock.advance(Duration.ofMillis(1500));
        held.awaitEnd();
        assertThat(held.error).isInstanceOf(GenerationError.WorkerLost.class);
        advanceUntil(() -> worker().restarts() == 1);
        await().until(() -> !pids().isEmpty() && pids().getFirst() != pid);
        assertThat(pool.view().workers().getFirst().lastExit()).isEqualTo("signal 9 (KILL)");
        awaitState(State.READY);
        Recorder again = run("say 1");
        again.awaitEnd();
        assertThat(again.events).endsWith("finished STOP 2+1");
    }

    @Test
    void stoppedIdleWorkerIsReplaced() throws Exception {
        startByHand(
                TestPoolConfig.quick()
                        .startTimeout(NEVER)
                        .standbys(1)
                        .pingInterval(Duration.ofMillis(200))
                        .stallTimeout(Duration.ofSeconds(2)),
                "serves",
                1,
                1);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> pids().size() == 2
                        && pool.view().workers().stream()
                                .allMatch(w -> w.state().equals("ready")));
        List<Long> stopped = pids();
        for (long pid : stopped) {
            // the serving worker and the standby
            signal(pid, "STOP");
        }
        advanceUntil(() -> pool.view().workers().stream().allMatch(w -> w.restarts() == 1));
        await().atMost(Duration.ofSeconds(30))
                .until(() -> pids().size() == 2
                        && pids().stream().noneMatch(stopped::contains)
                        && pool.view().workers().stream()
                                .allMatch(w -> w.state().equals("ready")));
        assertThat(pool.view().workers()).allSatisfy(worker -> {
            assertThat(worker.restarts()).isEqualTo(1);
            assertThat(worker.lastExit()).isEqualTo("signal 9 (KILL)");
        });
    }

    @Test
    void workerThatDoesNotAnswerPingsIsReplaced() throws IOException {
        startByHand(TestPoolConfig.quick().pingInterval(Duration.ofSeconds(5)), "ignores-pings", 1, 1);
        awaitState(State.READY);
        advanceUntil(() -> worker().restarts() == 1);
        assertThat(pool.view().workers().getFirst().lastExit()).isEqualTo("signal 9 (KILL)");
    }

    private static void signal(long pid, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void lossOfOneWorkerSparesTheOther() throws IOException {
        start(TestPoolConfig.quick(), "serves", 2, 1);
        await().until(() -> pool.view().slots() == 2);
        Lease survivor = lease();
        Recorder survives = new Recorder();
        survivor.start(request("hold"), PrefixScope.NONE, Replay.NOTHING, context(), survives);
        Recorder dies = run("die");
        dies.awaitEnd();
        assertThat(dies.error).isInstanceOf(GenerationError.WorkerLost.class);
        assertThat(pool.state()).isEqualTo(State.READY);
        await().until(() -> pool.view().slots() == 2);
        await().untilAsserted(() -> assertThat(survives.events).containsExactly("accepted 2", "t0 "));
    }

    @Test
    void standbyReplacesLostWorkerWhichThenStandsBy() throws IOException {
        start(TestPoolConfig.quick().standbys(1), "serves", 1, 2);
        await().atMost(PATIENCE).until(() -> pool.view().workers().stream()
                .allMatch(w -> w.state().equals("ready")));
        assertThat(pool.view().slots()).isEqualTo(2);
        int serving = serving();
        assertThat(lease().workerId()).isEqualTo(serving);
        assertThat(lease().workerId()).isEqualTo(serving);
        assertThat(pool.acquire()).isEmpty();
        ProcessHandle.of(pool.view().workers().get(serving).pid()).orElseThrow().destroyForcibly();
        assertThat(lease().workerId()).isEqualTo(1 - serving);
        await().until(() -> pool.view().workers().get(serving).standby());
        assertThat(serving()).isEqualTo(1 - serving);
        assertThat(pool.view().slots()).isEqualTo(2);
    }

    @Test
    void errorInEngineThreadFailsThePool() throws Exception {
        start(TestPoolConfig.quick(), "serves", 1, 1);
        awaitState(State.READY);
        EngineThreads.daemon("quern-test").start(() -> {
            throw new OutOfMemoryError("unable to create native thread: possibly out of memory");
        });
        awaitState(State.FAILED);
        assertThat(pool.mayServe()).isFalse();
        assertThat(pool.view().reason())
                .startsWith("The engine cannot create another thread (quern-test: unable to create native thread");
    }

    @Test
    void errorOfAProcessStartIsReported() throws Exception {
        start(TestPoolConfig.quick(), "serves", 1, 1);
        awaitState(State.READY);
        try (ProcessStarter starter = new ProcessStarter()) {
            assertThat(starter.start(() -> {
                        throw new StackOverflowError();
                    }))
                    .failsWithin(Duration.ofSeconds(10));
        }
        awaitState(State.FAILED);
        assertThat(pool.broken()).get().asString().contains("quern-process-starter", "StackOverflowError");
    }

    private int serving() {
        return pool.view().workers().stream()
                .filter(w -> w.state().equals("ready") && !w.standby())
                .findFirst()
                .orElseThrow()
                .id();
    }

    @Test
    void workerThatKeepsExitingIsGivenUp() throws IOException {
        start(TestPoolConfig.quick(), "dies-at-once", 1, 1);
        awaitState(State.FAILED);
        PoolView.WorkerView view = pool.view().workers().getFirst();
        assertThat(view.state()).isEqualTo("given-up");
        assertThat(view.restarts()).isEqualTo(3);
        assertThat(pool.view().reason()).contains("exit code 3", "its last line: scripted worker: dies-at-once");
    }

    @Test
    void workerThatCannotLoadReportsWhy() throws IOException {
        start(TestPoolConfig.quick(), "broken-model", 1, 1);
        awaitState(State.FAILED);
        assertThat(pool.view().reason()).contains("the model is broken");
        assertThat(pool.view().workers().getFirst().lastExit()).isEqualTo("exit code 65");
    }

    @Test
    void unloadableModelIsGivenUpAtOnce() throws IOException {
        start(TestPoolConfig.quick(), "unusable-model", 1, 1);
        awaitState(State.FAILED);
        assertThat(pool.view().reason()).contains("the model has a wrong shape");
        assertThat(pool.view().workers().getFirst().restarts()).isZero();
    }

    @Test
    void sameAssertionTwiceGivesTheWorkerUp() throws IOException {
        start(TestPoolConfig.quick(), "asserts", 1, 1);
        awaitState(State.FAILED);
        PoolView.WorkerView worker = pool.view().workers().getFirst();
        assertThat(worker.lastExit())
                .isEqualTo("signal 6 (ABRT): /build/ggml/src/ggml.c:4711: GGML_ASSERT(a == b) failed");
        assertThat(pool.view().reason()).contains(worker.lastExit()).doesNotContain("libggml-base");
        assertThat(worker.restarts()).isEqualTo(1);
    }

    @Test
    void startWithoutProgressIsEnded() throws IOException {
        startByHand(TestPoolConfig.quick().startTimeout(Duration.ofMillis(500)), "never-ready", 1, 1);
        advanceUntil(() -> pool.state() == State.FAILED);
        assertThat(pool.view().reason()).contains("no progress in 0.5 s (launch 0%)");
        assertThat(pool.view().workers().getFirst().lastExit()).isEqualTo("signal 9 (KILL)");
    }

    @Test
    void wrongTokenOrVersionIsRejected() throws IOException {
        start(TestPoolConfig.quick(), "wrong-token", 1, 1);
        await().until(() -> pool.view().workers().getFirst().restarts() >= 1);
        assertThat(pool.state()).isIn(State.STARTING, State.FAILED);
    }

    @Test
    void unidentifiedConnectionsAreDroppedWithoutHarm() throws IOException {
        startByHand(TestPoolConfig.quick(), "serves", 1, 1);
        awaitState(State.READY);
        try (var silent = connect();
                var liar = connect()) {
            liar.send(WorkerFrame.newBuilder()
                    .setHello(Hello.newBuilder()
                            .setProtocolVersion(Protocol.VERSION)
                            .setToken("00"))
                    .build());
            assertThat(liar.receive()).isNull();
            CompletableFuture<Boolean> dropped =
                    CompletableFuture.supplyAsync(() -> hearsNothing(silent), Thread::startVirtualThread);
            advanceUntil(dropped::isDone);
            assertThat(dropped).isCompletedWithValue(true);
        }
        run("say 2").awaitEnd();
    }

    @Test
    void unexpectedFrameReplacesTheWorker() throws IOException {
        start(TestPoolConfig.quick(), "lies-when-ready", 1, 1);
        awaitState(State.FAILED);
        assertThat(pool.view().reason()).contains("unexpected frame: HELLO");
    }

    @Test
    void workerThatIgnoresStopIsKilled() throws Exception {
        startByHand(TestPoolConfig.quick(), "ignores-stop", 1, 1);
        awaitState(State.READY);
        Recorder recorder = run("hold");
        await().until(() -> recorder.events.size() == 2);
        CompletableFuture<Void> stopped = pool.stop().toCompletableFuture();
        recorder.awaitEnd();
        clock.advance(TestPoolConfig.quick().stopPatience().minusMillis(1));
        assertThat(stopped).isNotDone();
        assertThat(pids()).isNotEmpty();
        advanceUntil(stopped::isDone);
        assertThat(recorder.error).isInstanceOf(GenerationError.ShuttingDown.class);
        assertThat(pool.view().workers().getFirst().lastExit()).isEqualTo("signal 9 (KILL)");
    }

    private void start(PoolConfig config, String script, int workers, int slots) throws IOException {
        start(ScriptedPool.in(folder)
                .config(config)
                .script(script)
                .workers(workers)
                .slots(slots));
    }

    /** Starts a pool whose clock only the test advances. */
    private void startByHand(PoolConfig config, String script, int workers, int slots) throws IOException {
        start(ScriptedPool.in(folder)
                .config(config)
                .script(script)
                .workers(workers)
                .slots(slots)
                .clock(clock));
    }

    private void start(ScriptedPool scripted) {
        socket = scripted.socket();
        pool = scripted.start();
    }

    /** Advances the clock while the processes run in real time. */
    private void advanceUntil(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> {
            clock.advance(Duration.ofMillis(250));
            return condition.call();
        });
    }

    private PoolView.WorkerView worker() {
        return pool.view().workers().getFirst();
    }

    private FrameConnection<EngineFrame, WorkerFrame> connect() throws IOException {
        return FrameConnection.connect(socket, EngineFrame.parser(), ScriptedPool.MAX_FRAME_BYTES);
    }

    private static boolean hearsNothing(FrameConnection<EngineFrame, WorkerFrame> connection) {
        try {
            return connection.receive() == null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitState(State state) {
        await().atMost(PATIENCE).until(() -> pool.state() == state);
    }

    private List<Long> pids() {
        return pool.view().workers().stream()
                .map(PoolView.WorkerView::pid)
                .flatMap(pid -> Optional.ofNullable(pid).stream())
                .toList();
    }

    private Lease lease() {
        return await().until(() -> pool.acquire(), Optional::isPresent).orElseThrow();
    }

    private Recorder run(String prompt) {
        Recorder recorder = new Recorder();
        lease().start(request(prompt), PrefixScope.NONE, Replay.NOTHING, context(), recorder);
        return recorder;
    }

    private static Context context() {
        return vertx.getOrCreateContext();
    }

    private static GenerationRequest request(String prompt) {
        return new GenerationRequest(
                "test", new Prompt.Text(prompt, true), SamplingOptions.greedy(), 0, List.of(), false);
    }

    /** Its starts complete when the test completes them; without a prepared start it throws. */
    private record HeldStarter(CompletableFuture<ChildProcess> attempt) implements WorkerStarter {
        @Override
        public StartMethod method() {
            return StartMethod.SPAWN;
        }

        @Override
        public CompletionStage<ChildProcess> launch(WorkerSpec spec, TokenIssuer tokens, LaunchEvents events) {
            return attempt.minimalCompletionStage();
        }

        @Override
        public void prepareNext(WorkerSpec like) {}

        @Override
        public void close() {}
    }

    /** Records the events of a sink. */
    private static final class Recorder implements GenerationSink {
        final List<String> events = new CopyOnWriteArrayList<>();
        final CompletableFuture<Void> end = new CompletableFuture<>();
        volatile GenerationError error;

        void awaitEnd() {
            end.orTimeout(60, TimeUnit.SECONDS).join();
        }

        @Override
        public void accepted(int promptTokens) {
            events.add("accepted " + promptTokens);
        }

        @Override
        public void tokens(String text, List<Integer> tokens, List<TokenLogprob> logprobs) {
            events.add(text);
        }

        @Override
        public void finished(GenerationEvent.Finished finished) {
            events.add("finished " + finished.reason() + " " + finished.usage().promptTokens() + "+"
                    + finished.usage().completionTokens());
            end.complete(null);
        }

        @Override
        public void failed(GenerationError failure) {
            error = failure;
            end.complete(null);
        }

        @Override
        public void left(Lease next, KeptState kept) {
            throw new AssertionError("nobody asked for it");
        }

        @Override
        public void lost(GenerationError.WorkerLost failure, KeptState kept, CompletionStage<LossCause> cause) {
            kept.close();
            failed(failure);
        }
    }
}
