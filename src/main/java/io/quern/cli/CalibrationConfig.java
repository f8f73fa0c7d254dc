package io.quern.cli;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Configures how an engine without requests measures the speed of its models, for its next start. */
@ConfigMapping(prefix = "quern.calibration")
public interface CalibrationConfig {

    /**
     * Whether the engine measures the speed of a model that was not measured under the present conditions. Its next
     * start chooses workers, threads and slots by that.
     */
    @WithDefault("true")
    boolean enabled();

    /**
     * It measures after this time without requests. A request ends the measurement, and the next one begins after twice
     * the time.
     */
    @WithDefault("30s")
    Duration idleTime();

    /** The engine gives up a measurement that takes longer. */
    @WithDefault("60s")
    Duration limit();
}
