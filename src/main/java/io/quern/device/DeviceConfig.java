package io.quern.device;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How accelerators are looked for. */
@ConfigMapping(prefix = "quern.device")
public interface DeviceConfig {

    /**
     * Whether drivers are asked for accelerators at boot, in a child process: auto, always or never. Auto: only where the host
     * has device nodes; elsewhere nothing could be found.
     */
    @WithDefault("auto")
    ProbeMode probe();

    /** How long that may take; then the accelerators are known by their device nodes alone. */
    @WithDefault("10s")
    Duration probeTimeout();
}
