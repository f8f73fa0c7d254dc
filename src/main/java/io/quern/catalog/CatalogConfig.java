package io.quern.catalog;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Configures which models are in memory, if there are several. */
@ConfigMapping(prefix = "quern.catalog")
public interface CatalogConfig {

    /**
     * Name of the model that serves requests without a {@code model}. By default that of {@code quern.model}, or the
     * only pinned model. If there is none, such requests get 400.
     */
    Optional<String> defaultModel();

    /** Whether only the model of {@code quern.model} is served, whatever {@code quern.models} contains. */
    @WithDefault("false")
    boolean singleModel();

    /** A model that is not pinned is unloaded after this time without requests. 0: never. */
    @WithDefault("5m")
    Duration idleTimeout();

    /**
     * When requests have waited this long for a model because busy models use the memory, busy models make room: they
     * take no new requests, and are unloaded when those that have begun have ended. Each serves for at least this time
     * after it was loaded. 0: never, requests wait until a model has none.
     */
    @WithDefault("10s")
    Duration busyTimeout();

    /**
     * Memory that the engine and the workers of all models may use together. By default all that the machine or the
     * container has.
     */
    Optional<MemorySize> memoryLimit();

    /**
     * Time after which a request may load a model again that could not be loaded. It doubles with each further failure,
     * up to 5 minutes.
     */
    @WithDefault("5s")
    Duration retryDelay();
}
