package io.quern.pool;

import io.quern.launch.WorkerConfig;
import io.quern.settings.Setting;

/** What workers can be configured to be. */
final class PoolSettings {
    /** The worker's own bounds: beyond them it would end with a usage error, again and again. */
    private static final int MAX_SLOTS = 256;

    private static final int MAX_THREADS = 512;
    private static final int MAX_STEP_MILLIS = 60_000;
    private static final int MIN_FRAME_BYTES = 1024;

    private PoolSettings() {}

    /** @throws io.quarkus.runtime.configuration.ConfigurationException for the first key whose value makes no sense */
    static void check(PoolConfig pool) {
        new Setting("quern.pool.workers").atLeast(1, pool.workers());
        new Setting("quern.pool.standbys").atLeast(0, pool.standbys());
        new Setting("quern.pool.start-timeout").positive(pool.startTimeout());
        new Setting("quern.pool.stall-timeout").positive(pool.stallTimeout());
        new Setting("quern.pool.ping-interval").notNegative(pool.pingInterval());
        new Setting("quern.pool.hello-timeout").positive(pool.helloTimeout());
        new Setting("quern.pool.stop-patience").notNegative(pool.stopPatience());
        PoolConfig.Restart restart = pool.restart();
        new Setting("quern.pool.restart.initial-delay").notNegative(restart.initialDelay());
        new Setting("quern.pool.restart.max-delay").notNegative(restart.maxDelay());
        new Setting("quern.pool.restart.max-restarts").atLeast(0, restart.maxRestarts());
        new Setting("quern.pool.restart.period").positive(restart.period());
        new Setting("quern.pool.restart.memory-timeout").notNegative(restart.memoryTimeout());
    }

    /** @throws io.quarkus.runtime.configuration.ConfigurationException for the first key whose value makes no sense */
    static void check(WorkerConfig worker) {
        worker.slots().ifPresent(slots -> new Setting("quern.worker.slots").within(1, MAX_SLOTS, slots));
        new Setting("quern.worker.context-length").atLeast(0, worker.contextLength());
        worker.threads().ifPresent(threads -> new Setting("quern.worker.threads").within(1, MAX_THREADS, threads));
        new Setting("quern.worker.step-time")
                .within(1, MAX_STEP_MILLIS, worker.stepTime().toMillis());
        new Setting("quern.worker.launcher-timeout").positive(worker.launcherTimeout());
        new Setting("quern.worker.crash-files").atLeast(0, worker.crashFiles());
        worker.stateMemory().ifPresent(size -> new Setting("quern.worker.state-memory").atLeast(0, size.asLongValue()));
        new Setting("quern.worker.state-share").within(0, 1, worker.stateShare());
        new Setting("quern.worker.max-frame-bytes").atLeast(MIN_FRAME_BYTES, worker.maxFrameBytes());
    }
}
