package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.jvm.WorkerBounds;
import io.quern.process.ChildCommand;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.ProcessStarter;
import io.quern.socket.FrameConnection;
import io.quern.socket.FrameListener;
import io.quern.time.ManualClock;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fatal;
import io.quern.wire.Ready;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ends a real process and a real connection in either order; the test controls the time between them. */
@StartsProcesses
class WorkerLifeTest {
    private static final Duration LAST_FRAMES = Duration.ofMillis(500);
    private static final Duration FIRST_FRAMES = Duration.ofSeconds(2);

    @TempDir
    Path folder;

    private final ManualClock clock = new ManualClock();
    private final Supervisor supervisor = new Supervisor(clock, Optional.empty());
    private final ProcessStarter starter = new ProcessStarter();
    private final Witness witness = new Witness();
    private final WorkerLife life = new WorkerLife(supervisor, clock, witness);
    private FrameListener<WorkerFrame, EngineFrame> listener;
    private FrameConnection<EngineFrame, WorkerFrame> worker;
    private ChildProcess child;

    @BeforeEach
    void listen() throws IOException {
        listener = FrameListener.open(folder, WorkerFrame.parser(), ScriptedPool.MAX_FRAME_BYTES);
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        child.kill().toCompletableFuture().get(60, TimeUnit.SECONDS);
        if (worker != null) {
            worker.close();
        }
        listener.close();
        starter.close();
        supervisor.close();
    }

    @Test
    void processExplainsAnEarlierEndOfTheConnection() throws Exception {
        launch("exec sleep 1000");
        connect();
        worker.close();
        await().until(() -> witness.events.contains("lost: it closed its connection"));
        ProcessHandle.of(child.pid()).orElseThrow().destroyForcibly();
        await().until(() -> witness.over);
        assertThat(witness.events)
                .containsExactly(
                        "lost: it closed its connection",
                        "examined: signal 9 (KILL), killed by others",
                        "lost: its process ended with signal 9 (KILL)",
                        "over: its process ended with signal 9 (KILL)");
    }

    @Test
    void processWithoutConnectionIsKilled() throws Exception {
        launch("exec sleep 1000");
        connect();
        worker.close();
        await().until(() -> witness.events.contains("lost: it closed its connection"));
        clock.advance(LAST_FRAMES.minusMillis(1));
        assertThat(child.alive()).isTrue();
        clock.advance(Duration.ofMillis(1));
        await().until(() -> witness.over);
        assertThat(witness.events)
                .containsExactly(
                        "lost: it closed its connection",
                        "examined: signal 9 (KILL)",
                        "over: its process ended with signal 9 (KILL)");
    }

    @Test
    void connectionOfAnEndedProcessIsAwaitedBriefly() throws Exception {
        // connected before the process can have ended
        connect();
        launch("exit 7");
        await().until(() -> witness.events.contains("examined: exit code 7"));
        clock.advance(LAST_FRAMES.minusMillis(1));
        assertThat(witness.over).isFalse();
        clock.advance(Duration.ofMillis(1));
        await().until(() -> witness.over);
        assertThat(witness.events).containsExactly("examined: exit code 7", "over: its process ended with exit code 7");
    }

    @Test
    void workersReportOutweighsTheExitStatus() throws Exception {
        launch("exit 65");
        await().until(() -> witness.events.contains("examined: exit code 65"));
        // the engine learns of the connection only now
        connect();
        worker.send(WorkerFrame.newBuilder()
                .setFatal(Fatal.newBuilder().setMessage("no such layer").setCause(Fatal.Cause.UNUSABLE))
                .build());
        worker.close();
        await().until(() -> witness.over);
        assertThat(witness.events).containsExactly("examined: exit code 65", "over: no such layer, hopeless");
    }

    @Test
    void missingReportIsAwaitedBriefly() throws Exception {
        launch("exit 65");
        await().until(() -> witness.events.contains("examined: exit code 65"));
        clock.advance(FIRST_FRAMES.minusMillis(1));
        assertThat(witness.over).isFalse();
        clock.advance(Duration.ofMillis(1));
        assertThat(witness.events)
                .containsExactly("examined: exit code 65", "over: its process ended with exit code 65");
    }

    @Test
    void killOfStuckWorkerKeepsTheCause() throws Exception {
        launch("exec sleep 1000");
        connect();
        supervisor.post(() -> life.endFor(new EndCause.Stuck("it has not moved")));
        await().until(() -> witness.over);
        assertThat(witness.events)
                .containsExactly(
                        "lost: it has not moved",
                        "examined: signal 9 (KILL)",
                        "over: its process ended with signal 9 (KILL)");
    }

    @Test
    void abandonedLifeReportsNothing() throws Exception {
        launch("exec sleep 1000");
        connect();
        supervisor.post(life::abandon);
        worker.close();
        child.kill();
        await().until(() -> witness.events.contains("examined: signal 9 (KILL)"));
        clock.advance(FIRST_FRAMES);
        assertThat(witness.events).containsExactly("examined: signal 9 (KILL)");
    }

    private void launch(String script) throws Exception {
        child = starter.start(new ChildCommand(
                        "worker-0", List.of("sh", "-c", script), Map.of(), Set.of(), "token", line -> {}))
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS);
        supervisor.post(() -> life.launched(child));
    }

    private void connect() throws IOException {
        worker = FrameConnection.connect(listener.socket(), EngineFrame.parser(), ScriptedPool.MAX_FRAME_BYTES);
        WorkerLink link = new WorkerLink(
                ScriptedPool.spec(
                        0,
                        listener.socket(),
                        "serves",
                        1,
                        WorkerBounds.of(1, 256, 0, 0, ScriptedPool.MAX_FRAME_BYTES, List.of())),
                listener.accept(),
                new PrefixStore(0),
                new Pulse(Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ZERO, clock.nanos()),
                Duration.ofSeconds(60),
                clock,
                life.events(() -> {}, () -> {}));
        supervisor.post(() -> life.connected(link));
        Thread.ofPlatform().daemon().start(link::run);
    }

    /** Records the events, and discards a lost worker as the pool does. */
    private final class Witness implements LifeWatcher {
        final List<String> events = new CopyOnWriteArrayList<>();
        volatile boolean over;

        @Override
        public void progress(String phase, double share) {}

        @Override
        public void ready(Ready ready) {}

        @Override
        public PostMortem examine(ChildProcess ended, ExitStatus exit, boolean killed) {
            events.add("examined: " + exit + (killed ? ", killed by others" : ""));
            return PostMortem.of(
                    exit,
                    Optional.empty(),
                    Optional.empty(),
                    ended.lastOutput(),
                    WorkerBounds.of(1, 256, 0, 0, ScriptedPool.MAX_FRAME_BYTES, List.of()));
        }

        @Override
        public void lost(EndCause cause) {
            events.add("lost: " + cause.text());
            life.discard(cause);
        }

        @Override
        public void over(EndCause cause) {
            events.add("over: " + cause.text() + (cause.hopeless() ? ", hopeless" : ""));
            over = true;
        }
    }
}
