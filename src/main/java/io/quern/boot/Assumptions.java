package io.quern.boot;

import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.launch.WorkerConfig;
import io.quern.policy.ProcessFacts;
import io.quern.policy.StartMethodConfig;
import java.util.Optional;

/** What a plan takes for granted instead of looking, so that a choice can be tried for a machine one does not have. */
public interface Assumptions {
    /** All is as it is. */
    Assumptions NONE = new Assumptions() {};

    /** @throws IllegalArgumentException if what is configured or assumed is no start method */
    default StartMethodConfig wish(WorkerConfig config) {
        return StartMethodConfig.of(config.startMethod(), config.numaBinding(), config.devices());
    }

    default HostFacts in(HostFacts host) {
        return host;
    }

    /** Empty if devices are looked for. */
    default Optional<DeviceReport> devices() {
        return Optional.empty();
    }

    default ProcessFacts in(ProcessFacts process) {
        return process;
    }
}
