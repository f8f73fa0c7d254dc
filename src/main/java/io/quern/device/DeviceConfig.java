package io.quern.device;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Configures how the engine looks for accelerators. */
@ConfigMapping(prefix = "quern.device")
public interface DeviceConfig {

    /**
     * Whether a child process asks the drivers for accelerators at boot: {@code auto}, {@code always} or {@code never}.
     * {@code auto}: only if the host has device nodes, because otherwise there is nothing to find.
     */
    @WithDefault("auto")
    ProbeMode probe();

    /** Longest wait for that child. After that the engine only knows the accelerators' device nodes. */
    @WithDefault("10s")
    Duration probeTimeout();
}
