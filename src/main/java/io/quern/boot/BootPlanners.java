package io.quern.boot;

import io.quern.device.DeviceConfig;
import io.quern.home.HomeConfig;
import io.quern.launch.WorkerConfig;
import io.quern.libraries.LlamaConfig;
import io.quern.model.ServedModel;
import jakarta.inject.Singleton;

/** Makes the planner of each model. */
@Singleton
public final class BootPlanners {
    private final HomeConfig home;
    private final LlamaConfig llama;
    private final DeviceConfig device;

    BootPlanners(HomeConfig home, LlamaConfig llama, DeviceConfig device) {
        this.home = home;
        this.llama = llama;
        this.device = device;
    }

    /**
     * @param model the model, which need not be open yet
     * @param models the number of models of the engine
     */
    public BootPlanner of(WorkerConfig worker, ServedModel model, int models) {
        return new BootPlanner(home, llama, worker, device, model, models);
    }
}
