package io.quern.cli;

import io.quarkus.runtime.configuration.ConfigUtils;
import io.quern.boot.BootPlanner;
import io.quern.device.DeviceConfig;
import io.quern.home.HomeConfig;
import io.quern.launch.WorkerConfig;
import io.quern.libraries.LlamaConfig;
import io.quern.model.ModelConfig;
import io.quern.model.ServedModel;
import io.quern.model.TemplateConfig;
import io.quern.openai.OpenAccess;
import io.quern.pool.PoolConfig;
import io.smallrye.config.SmallRyeConfig;
import java.util.List;

/** The engine's configuration, for commands that do not start the engine. */
record Settings(
        HomeConfig home,
        LlamaConfig llama,
        DeviceConfig device,
        WorkerConfig worker,
        PoolConfig pool,
        ModelConfig model,
        TemplateConfig template,
        OpenAccess access) {

    /** Returns the same settings with another home. */
    Settings in(HomeConfig other) {
        return new Settings(other, llama, device, worker, pool, model, template, access);
    }

    /** Returns a planner of a boot with that model. */
    BootPlanner planner(ServedModel served) {
        return new BootPlanner(home, llama, worker, device, served);
    }

    /** Returns the configured model without opening it. */
    ServedModel servedModel() {
        return new ServedModel(model, template);
    }

    /** Returns the configured home, for commands that need nothing else. */
    static HomeConfig readHome() {
        return ConfigUtils.configBuilder()
                .withMapping(HomeConfig.class)
                .withMappingIgnore("quern.**")
                .build()
                .getConfigMapping(HomeConfig.class);
    }

    /** @throws RuntimeException if a value does not have its type; the message names it */
    static Settings read() {
        var builder = ConfigUtils.configBuilder();
        List.of(
                        HomeConfig.class,
                        LlamaConfig.class,
                        DeviceConfig.class,
                        WorkerConfig.class,
                        PoolConfig.class,
                        ModelConfig.class,
                        TemplateConfig.class)
                .forEach(builder::withMapping);
        SmallRyeConfig config = builder.withMappingIgnore("quern.**").build();
        return new Settings(
                config.getConfigMapping(HomeConfig.class),
                config.getConfigMapping(LlamaConfig.class),
                config.getConfigMapping(DeviceConfig.class),
                config.getConfigMapping(WorkerConfig.class),
                config.getConfigMapping(PoolConfig.class),
                config.getConfigMapping(ModelConfig.class),
                config.getConfigMapping(TemplateConfig.class),
                OpenAccess.of(config));
    }
}
