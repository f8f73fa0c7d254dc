package io.quern.cli;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Configures how the engine shuts down. */
@ConfigMapping(prefix = "quern.shutdown")
public interface ShutdownConfig {

    /** Time that running and waiting requests get to finish after SIGTERM. After that the engine ends them. */
    @WithDefault("30s")
    Duration grace();

    /**
     * A second SIGTERM or SIGINT ends the grace period only if it comes at least this long after the first. One request
     * to stop can arrive as several signals: from the terminal and Maven, or from systemd and the entry point.
     */
    @WithDefault("1s")
    Duration secondSignalAfter();

    /**
     * Whether the engine exits with code 1 when it has given up all workers, so that systemd or Kubernetes can act.
     * Otherwise it keeps running and answers 503.
     */
    @WithDefault("true")
    boolean whenWorkersAreLost();
}
