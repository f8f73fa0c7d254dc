package io.quern.store;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Settings of the store of downloaded models. */
@ConfigMapping(prefix = "quern.store")
public interface StoreConfig {

    /** The folder of downloaded models. By default {@code models} in Quern's home. */
    Optional<Path> path();

    /**
     * Whether Quern never downloads a model: what has not been downloaded is an error at once. {@code HF_HUB_OFFLINE=1}
     * has the same effect.
     */
    @WithDefault("false")
    boolean offline();

    /** Connections over which one download fetches parts of a file at the same time. */
    @WithDefault("4")
    int connections();

    /** The longest time for establishing a connection. */
    @WithDefault("10s")
    Duration connectTimeout();

    /** The longest time without a byte from the server. After that the connection counts as broken. */
    @WithDefault("30s")
    Duration readTimeout();

    /** Attempts in a row that may fail without progress before a download gives up. What has arrived is kept. */
    @WithDefault("6")
    int attempts();

    /** The longest delay that a server may ask for. If it asks for more, the download gives up. */
    @WithDefault("5m")
    Duration maxDelay();

    /** Space that a download leaves free on the disk. */
    @WithDefault("256M")
    MemorySize freeSpace();

    /** How long the store keeps what an interrupted download has fetched, so that the next attempt can continue. */
    @WithDefault("7d")
    Duration keepPartial();
}
