package io.quern.pool;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Configures development mode ({@code quarkus:dev}). */
@ConfigMapping(prefix = "quern.dev")
public interface DevConfig {

    /**
     * Whether workers and their loaded model survive a live reload. The engine still replaces them if what they are
     * started with has changed.
     */
    @WithDefault("true")
    boolean keepWorkers();
}
