package io.quern.pool;

import io.quern.TestSettings;
import io.quern.device.Cgroup;
import io.quern.jvm.WorkerBounds;
import io.quern.launch.Launcher;
import io.quern.launch.WorkerSpec;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.socket.FrameListener;
import io.quern.wire.EngineFrame;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** A pool whose workers are {@link ScriptedWorker} processes, also for tests of other rooms. */
public final class ScriptedPool {
    static final int MAX_FRAME_BYTES = 1 << 20;

    private ScriptedPool() {}

    public static WorkerPool start(Path folder, String script, int workers, int slots) throws IOException {
        return start(
                TestPoolConfig.quick(),
                FrameListener.open(folder, WorkerFrame.parser(), MAX_FRAME_BYTES),
                script,
                workers,
                slots);
    }

    private static final Decision DECISION =
            new Decision(StartMethod.SPAWN, "spawn", Map.of(), List.of(), List.of(), List.of(), List.of());

    static WorkerPool start(
            PoolConfig config,
            FrameListener<WorkerFrame, EngineFrame> listener,
            String script,
            int workers,
            int slots) {
        return start(config, listener, new ScriptedLauncher(), script, workers, slots);
    }

    static WorkerPool start(
            PoolConfig config,
            FrameListener<WorkerFrame, EngineFrame> listener,
            Launcher launcher,
            String script,
            int workers,
            int slots) {
        return start(config, listener, launcher, script, workers, slots, Map.of());
    }

    static WorkerPool start(
            PoolConfig config,
            FrameListener<WorkerFrame, EngineFrame> listener,
            Launcher launcher,
            String script,
            int workers,
            int slots,
            Map<Integer, HandOver.ParkedWorker> parked) {
        return start(config, listener, launcher, script, workers, slots, parked, Cgroup.own());
    }

    /** @param cgroup that its processes are said to be in */
    static WorkerPool start(
            PoolConfig config,
            FrameListener<WorkerFrame, EngineFrame> listener,
            Launcher launcher,
            String script,
            int workers,
            int slots,
            Map<Integer, HandOver.ParkedWorker> parked,
            Cgroup cgroup) {
        WorkerPool pool = new WorkerPool(config);
        pool.start(
                DECISION,
                launcher,
                listener,
                workers,
                IntStream.range(0, workers + config.standbys())
                        .mapToObj(id -> new WorkerSpec(
                                id,
                                listener.socket(),
                                Optional.empty(),
                                WorkerBounds.of(slots, 256, 0, 0, MAX_FRAME_BYTES, List.of()),
                                TestSettings.of(Path.of(script), Path.of("."), slots)
                                        .setMaxFrameBytes(MAX_FRAME_BYTES)
                                        .build()))
                        .toList(),
                parked,
                Optional.empty(),
                cgroup);
        return pool;
    }
}
