package io.quern.catalog;

import io.quern.boot.MemoryCheck;
import io.quern.pool.PoolConfig;
import java.time.Duration;
import java.util.OptionalInt;

/** The configuration of one model's pool: the engine's, with what the model overrides. */
record ModelPoolConfig(PoolConfig base, ModelsConfig.Entry own) implements PoolConfig {
    @Override
    public OptionalInt workers() {
        return own.workers().orElseGet(base::workers);
    }

    @Override
    public int standbys() {
        return own.standbys().orElse(base.standbys());
    }

    @Override
    public MemoryCheck memoryCheck() {
        return base.memoryCheck();
    }

    @Override
    public Duration startTimeout() {
        return base.startTimeout();
    }

    @Override
    public Duration stallTimeout() {
        return base.stallTimeout();
    }

    @Override
    public Duration pingInterval() {
        return base.pingInterval();
    }

    @Override
    public Duration questionTimeout() {
        return base.questionTimeout();
    }

    @Override
    public Duration stoppedTimeout() {
        return base.stoppedTimeout();
    }

    @Override
    public Duration helloTimeout() {
        return base.helloTimeout();
    }

    @Override
    public Duration stopPatience() {
        return base.stopPatience();
    }

    @Override
    public Rebalance rebalance() {
        return base.rebalance();
    }

    @Override
    public Restart restart() {
        return base.restart();
    }
}
