package io.quern.boot;

import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.launch.WorkerConfig;
import io.quern.model.ModelMemory;
import io.quern.policy.ProcessFacts;
import io.quern.policy.StartMethodConfig;
import java.util.Optional;

/**
 * Overrides facts that a boot plan would otherwise look up, so that {@code doctor} can plan for a machine that is not
 * at hand.
 */
public interface Assumptions {
    /** Overrides nothing. */
    Assumptions NONE = new Assumptions() {};

    /**
     * Returns the start method that is asked for.
     *
     * @throws IllegalArgumentException if the configured or assumed name is not a start method
     */
    default StartMethodConfig wish(WorkerConfig config) {
        return StartMethodConfig.of(config.startMethod(), config.numaBinding(), config.devices());
    }

    default HostFacts in(HostFacts host) {
        return host;
    }

    /** Returns the assumed devices, or empty if the planner is to probe them. */
    default Optional<DeviceReport> devices() {
        return Optional.empty();
    }

    /** Returns whether what was measured on this machine applies: neither it nor the model is assumed. */
    default boolean sameMachine() {
        return true;
    }

    default ModelMemory in(ModelMemory model) {
        return model;
    }

    default ProcessFacts in(ProcessFacts process) {
        return process;
    }
}
