package io.quern.admission;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What becomes of requests whose worker is lost. */
@ConfigMapping(prefix = "quern.migration")
public interface MigrationConfig {

    /**
     * How often a request may go on elsewhere after the worker that it ran on was lost; then it ends with an error, since it may be
     * what they die of. 0: never.
     */
    @WithDefault("3")
    int limit();
}
