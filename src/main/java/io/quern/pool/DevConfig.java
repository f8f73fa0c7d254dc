package io.quern.pool;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Development mode ({@code quarkus:dev}). */
@ConfigMapping(prefix = "quern.dev")
public interface DevConfig {

    /**
     * Whether workers go on over a live reload, with the model they have loaded. They are replaced all the same where what they are
     * started with has changed.
     */
    @WithDefault("true")
    boolean keepWorkers();
}
