package io.quern.pool;

import io.quarkus.runtime.configuration.MemorySize;
import io.quern.boot.MemoryCheck;
import java.math.BigInteger;
import java.time.Duration;
import java.util.OptionalInt;

/** A configuration of the pool whose values a test sets. */
record TestPoolConfig(
        OptionalInt workers,
        int standbys,
        Duration startTimeout,
        Duration stallTimeout,
        Duration pingInterval,
        Duration stoppedTimeout,
        Duration helloTimeout,
        Duration stopPatience,
        PoolConfig.Restart restart)
        implements PoolConfig {

    record TestRestart(Duration initialDelay, Duration maxDelay, int maxRestarts, Duration period)
            implements PoolConfig.Restart {
        @Override
        public Duration memoryTimeout() {
            return Duration.ZERO;
        }
    }

    static PoolConfig.Restart restart(Duration initialDelay, Duration maxDelay, int maxRestarts, Duration period) {
        return new TestRestart(initialDelay, maxDelay, maxRestarts, period);
    }

    @Override
    public MemoryCheck memoryCheck() {
        return MemoryCheck.OFF;
    }

    @Override
    public Rebalance rebalance() {
        return new TestRebalance(true, new MemorySize(BigInteger.valueOf(64 << 20)));
    }

    record TestRebalance(boolean enabled, MemorySize maxState) implements Rebalance {}

    @Override
    public Duration questionTimeout() {
        return Duration.ofSeconds(60);
    }

    static TestPoolConfig quick() {
        return new TestPoolConfig(
                OptionalInt.of(1),
                0,
                Duration.ofSeconds(60),
                Duration.ofSeconds(60),
                Duration.ZERO,
                Duration.ZERO,
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                restart(Duration.ofMillis(10), Duration.ofMillis(50), 3, Duration.ofMinutes(5)));
    }

    TestPoolConfig startTimeout(Duration limit) {
        return new TestPoolConfig(
                workers,
                standbys,
                limit,
                stallTimeout,
                pingInterval,
                stoppedTimeout,
                helloTimeout,
                stopPatience,
                restart);
    }

    TestPoolConfig stallTimeout(Duration limit) {
        return new TestPoolConfig(
                workers,
                standbys,
                startTimeout,
                limit,
                pingInterval,
                stoppedTimeout,
                helloTimeout,
                stopPatience,
                restart);
    }

    TestPoolConfig pingInterval(Duration interval) {
        return new TestPoolConfig(
                workers,
                standbys,
                startTimeout,
                stallTimeout,
                interval,
                stoppedTimeout,
                helloTimeout,
                stopPatience,
                restart);
    }

    TestPoolConfig stoppedTimeout(Duration limit) {
        return new TestPoolConfig(
                workers,
                standbys,
                startTimeout,
                stallTimeout,
                pingInterval,
                limit,
                helloTimeout,
                stopPatience,
                restart);
    }

    TestPoolConfig standbys(int number) {
        return new TestPoolConfig(
                workers,
                number,
                startTimeout,
                stallTimeout,
                pingInterval,
                stoppedTimeout,
                helloTimeout,
                stopPatience,
                restart);
    }
}
