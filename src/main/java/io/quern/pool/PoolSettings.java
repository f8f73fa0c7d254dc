package io.quern.pool;

import io.quern.device.DeviceConfig;
import io.quern.device.DeviceProbe;
import io.quern.launch.WorkerConfig;
import io.quern.settings.Problems;
import io.quern.wire.SettingsCheck;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Checks the settings of the pool and its workers before any worker starts. */
@Singleton
final class PoolSettings {
    private final PoolConfig pool;
    private final WorkerConfig worker;
    private final DeviceConfig device;
    private final PrefixStoreConfig prefixes;

    PoolSettings(PoolConfig pool, WorkerConfig worker, DeviceConfig device, PrefixStoreConfig prefixes) {
        this.pool = pool;
        this.worker = worker;
        this.device = device;
        this.prefixes = prefixes;
    }

    void check(@Observes Problems problems) {
        check(pool, problems);
        check(worker, problems);
        prefixes.memory().ifPresent(size -> problems.of("quern.prefix.memory").atLeast(0, size.asLongValue()));
        DeviceProbe.check(device, problems);
    }

    static void check(PoolConfig pool, Problems problems) {
        pool.workers().ifPresent(workers -> problems.of("quern.pool.workers").atLeast(1, workers));
        problems.of("quern.pool.standbys").atLeast(0, pool.standbys());
        problems.of("quern.pool.start-timeout").positive(pool.startTimeout());
        problems.of("quern.pool.stall-timeout").positive(pool.stallTimeout());
        problems.of("quern.pool.ping-interval").notNegative(pool.pingInterval());
        problems.of("quern.pool.question-timeout").positive(pool.questionTimeout());
        problems.of("quern.pool.stopped-timeout").notNegative(pool.stoppedTimeout());
        problems.of("quern.pool.hello-timeout").positive(pool.helloTimeout());
        problems.of("quern.pool.stop-patience").notNegative(pool.stopPatience());
        problems.of("quern.pool.rebalance.max-state")
                .atLeast(1, pool.rebalance().maxState().asLongValue());
        PoolConfig.Restart restart = pool.restart();
        problems.of("quern.pool.restart.initial-delay").notNegative(restart.initialDelay());
        problems.of("quern.pool.restart.max-delay").notNegative(restart.maxDelay());
        problems.of("quern.pool.restart.max-restarts").atLeast(0, restart.maxRestarts());
        problems.of("quern.pool.restart.period").positive(restart.period());
        problems.of("quern.pool.restart.memory-timeout").notNegative(restart.memoryTimeout());
    }

    static void check(WorkerConfig worker, Problems problems) {
        worker.slots().ifPresent(slots -> problems.of("quern.worker.slots").within(1, SettingsCheck.MAX_SLOTS, slots));
        problems.of("quern.worker.context-length").atLeast(0, worker.contextLength());
        worker.threads().ifPresent(threads -> problems.of("quern.worker.threads")
                .within(1, SettingsCheck.MAX_THREADS, threads));
        worker.mostThreads().ifPresent(threads -> problems.of("quern.worker.most-threads")
                .within(1, SettingsCheck.MAX_THREADS, threads));
        problems.of("quern.worker.draft-tokens").within(0, SettingsCheck.MAX_DRAFT_TOKENS, worker.draftTokens());
        problems.of("quern.worker.step-time")
                .within(1, SettingsCheck.MAX_STEP_MILLIS, worker.stepTime().toMillis());
        problems.of("quern.worker.launcher-timeout").positive(worker.launcherTimeout());
        problems.of("quern.worker.crash-files").atLeast(0, worker.crashFiles());
        worker.stateMemory()
                .ifPresent(size -> problems.of("quern.worker.state-memory").atLeast(0, size.asLongValue()));
        problems.of("quern.worker.cache-share").within(0, 1, worker.cacheShare());
        problems.of("quern.worker.state-share").within(0, 1, worker.stateShare());
        problems.of("quern.worker.max-frame-bytes").atLeast(SettingsCheck.MIN_FRAME_BYTES, worker.maxFrameBytes());
    }
}
