package io.quern.cli;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How the engine ends. */
@ConfigMapping(prefix = "quern.shutdown")
public interface ShutdownConfig {

    /** After SIGTERM, how long requests that run or wait may take to finish before they are ended. */
    @WithDefault("30s")
    Duration grace();

    /**
     * A second SIGTERM or SIGINT cuts the grace short only this long after the first. One wish may arrive as several signals: from the
     * terminal and from Maven, or from systemd and from the entry point.
     */
    @WithDefault("1s")
    Duration secondSignalAfter();

    /**
     * Whether the engine ends, with exit code 1, when all its workers are given up, so that whoever runs it can act. Else it stays
     * and answers 503.
     */
    @WithDefault("true")
    boolean whenWorkersAreLost();
}
