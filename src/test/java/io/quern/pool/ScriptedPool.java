package io.quern.pool;

import io.quern.TestSettings;
import io.quern.device.Cgroup;
import io.quern.jvm.WorkerBounds;
import io.quern.launch.WorkerSpec;
import io.quern.launch.WorkerStarter;
import io.quern.model.TextStability;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.socket.FrameListener;
import io.quern.time.EngineClock;
import io.quern.wire.EngineFrame;
import io.quern.wire.WorkerFrame;
import io.quern.wire.WorkerSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Sets up a pool whose workers are {@link ScriptedWorker} processes, also for tests of other packages. By default the
 * pool has one serving worker with one slot, and limits that no test reaches by itself.
 */
public final class ScriptedPool {
    static final int MAX_FRAME_BYTES = 1 << 20;

    private static final Decision DECISION =
            new Decision(StartMethod.SPAWN, "spawn", Map.of(), List.of(), List.of(), List.of(), List.of());

    private final FrameListener<WorkerFrame, EngineFrame> listener;
    private PoolConfig config = TestPoolConfig.quick();
    private EngineClock clock = EngineClock.system();
    private WorkerStarter starter = new ScriptedStarter();
    private Cgroup cgroup = Cgroup.own();
    private Map<Integer, HandOver.ParkedWorker> parked = Map.of();
    private String script = "serves";
    private int workers = 1;
    private int slots = 1;

    private ScriptedPool(FrameListener<WorkerFrame, EngineFrame> listener) {
        this.listener = listener;
    }

    /** @param folder for the socket, which the pool removes at its end */
    public static ScriptedPool in(Path folder) throws IOException {
        return new ScriptedPool(FrameListener.open(folder, WorkerFrame.parser(), MAX_FRAME_BYTES));
    }

    /** Continues with the workers that an earlier pool has left. */
    static ScriptedPool after(HandOver left) {
        ScriptedPool next =
                new ScriptedPool(FrameListener.takeOver(left.door(), WorkerFrame.parser(), MAX_FRAME_BYTES));
        next.parked = left.workers();
        return next.starter(new ScriptedStarter(left.starter()))
                .workers(Math.max(1, left.workers().size()));
    }

    /** @param name the script of all workers, as {@link ScriptedWorker} knows it */
    public ScriptedPool script(String name) {
        script = name;
        return this;
    }

    /** @param number the number of serving workers, without standbys */
    public ScriptedPool workers(int number) {
        workers = number;
        return this;
    }

    /** @param number the slots of each worker */
    public ScriptedPool slots(int number) {
        slots = number;
        return this;
    }

    ScriptedPool config(PoolConfig values) {
        config = values;
        return this;
    }

    ScriptedPool clock(EngineClock ticks) {
        clock = ticks;
        return this;
    }

    ScriptedPool starter(WorkerStarter other) {
        starter = other;
        return this;
    }

    /** @param group the control group that the pool takes for its own */
    ScriptedPool cgroup(Cgroup group) {
        cgroup = group;
        return this;
    }

    Path socket() {
        return listener.socket();
    }

    public WorkerPool start() {
        WorkerPool pool = new WorkerPool(config, clock);
        startAgain(pool);
        return pool;
    }

    /** Starts a pool that has no workers. */
    void startAgain(WorkerPool pool) {
        pool.start(
                new Launch(DECISION, starter, listener, Optional.empty()),
                new Roster(
                        workers,
                        IntStream.range(0, workers + config.standbys())
                                .mapToObj(this::spec)
                                .toList(),
                        new TextStability(true, List.of()),
                        parked),
                new MemoryLimits(Optional.empty(), cgroup));
    }

    private WorkerSpec spec(int id) {
        return spec(
                id, listener.socket(), script, slots, WorkerBounds.of(slots, 256, 0, 0, MAX_FRAME_BYTES, List.of()));
    }

    static WorkerSpec spec(int id, Path socket, String script, int slots, WorkerBounds bounds) {
        return new WorkerSpec(
                id,
                socket,
                Optional.empty(),
                bounds,
                TestSettings.of(Path.of(script), Path.of("."), slots)
                        .setMaxFrameBytes(MAX_FRAME_BYTES)
                        .setStateCopies(WorkerSettings.StateCopies.newBuilder()
                                .setBytes(1 << 20)
                                .setShare(0.02))
                        .build());
    }
}
