package io.quern.boot;

import io.quarkus.runtime.LaunchMode;
import io.quern.device.DeviceConfig;
import io.quern.home.HomeConfig;
import io.quern.launch.WorkerConfig;
import io.quern.libraries.LlamaConfig;
import io.quern.model.ServedModel;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;

/** Makes the planner of each model. */
@Singleton
public final class BootPlanners {
    private final HomeConfig home;
    private final LlamaConfig llama;
    private final DeviceConfig device;
    private final boolean embedded;

    BootPlanners(HomeConfig home, LlamaConfig llama, DeviceConfig device, Instance<StandAlone> own) {
        this.home = home;
        this.llama = llama;
        this.device = device;
        this.embedded = own.isUnsatisfied();
    }

    /**
     * @param model the model, which need not be open yet
     * @param models the number of models of the engine
     * @param together models that are expected to compute at the same time
     */
    public BootPlanner of(WorkerConfig worker, ServedModel model, int models, int together) {
        boolean development = LaunchMode.current() != LaunchMode.NORMAL;
        return new BootPlanner(
                home, llama, worker, device, model, new EngineFacts(models, together, development, embedded));
    }
}
