package io.quern.store;

import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Settings of a test, in which a server that sends nothing is given up soon. */
record FixedStoreConfig(Optional<Path> path, boolean offline) implements StoreConfig {
    @Override
    public int connections() {
        return 4;
    }

    @Override
    public Duration connectTimeout() {
        return Duration.ofSeconds(10);
    }

    @Override
    public Duration readTimeout() {
        return Duration.ofSeconds(2);
    }

    @Override
    public int attempts() {
        return 4;
    }

    @Override
    public Duration maxDelay() {
        return Duration.ofMinutes(1);
    }

    @Override
    public MemorySize freeSpace() {
        return new MemorySize(BigInteger.ZERO);
    }

    @Override
    public Duration keepPartial() {
        return Duration.ofDays(7);
    }
}
