package io.quern.catalog;

import io.quarkus.runtime.configuration.MemorySize;
import io.quern.launch.BatchInvariance;
import io.quern.launch.FlashAttention;
import io.quern.launch.WorkerConfig;
import io.quern.sandbox.SandboxMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The configuration of one model's workers: the engine's, with what the model overrides. */
record ModelWorkerConfig(WorkerConfig base, ModelsConfig.Entry own) implements WorkerConfig {
    @Override
    public Optional<String> startMethod() {
        return own.startMethod().or(base::startMethod);
    }

    @Override
    public boolean numaBinding() {
        return base.numaBinding();
    }

    @Override
    public OptionalInt slots() {
        return own.slots().orElseGet(base::slots);
    }

    @Override
    public int contextLength() {
        return own.contextLength().orElse(base.contextLength());
    }

    @Override
    public OptionalInt threads() {
        return own.threads().orElseGet(base::threads);
    }

    @Override
    public OptionalInt mostThreads() {
        return own.threads().isPresent() ? OptionalInt.empty() : base.mostThreads();
    }

    @Override
    public Optional<List<String>> devices() {
        return own.devices().or(base::devices);
    }

    @Override
    public FlashAttention flashAttention() {
        return base.flashAttention();
    }

    @Override
    public BatchInvariance batchInvariance() {
        return base.batchInvariance();
    }

    @Override
    public int draftTokens() {
        return base.draftTokens();
    }

    @Override
    public Duration stepTime() {
        return base.stepTime();
    }

    @Override
    public Optional<Path> java() {
        return base.java();
    }

    @Override
    public Optional<List<String>> jvmOptions() {
        return base.jvmOptions();
    }

    @Override
    public SandboxMode sandbox() {
        return base.sandbox();
    }

    @Override
    public Optional<List<Path>> sandboxFiles() {
        return base.sandboxFiles();
    }

    @Override
    public Optional<List<String>> environment() {
        return base.environment();
    }

    @Override
    public boolean coreDumps() {
        return base.coreDumps();
    }

    @Override
    public int crashFiles() {
        return base.crashFiles();
    }

    @Override
    public Duration launcherTimeout() {
        return base.launcherTimeout();
    }

    @Override
    public boolean aotCache() {
        return base.aotCache();
    }

    @Override
    public Optional<MemorySize> stateMemory() {
        return base.stateMemory();
    }

    @Override
    public double cacheShare() {
        return base.cacheShare();
    }

    @Override
    public double stateShare() {
        return base.stateShare();
    }

    @Override
    public int maxFrameBytes() {
        return base.maxFrameBytes();
    }
}
