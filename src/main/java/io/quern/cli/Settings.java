package io.quern.cli;

import io.quarkus.runtime.configuration.ConfigUtils;
import io.quern.boot.BootPlanner;
import io.quern.boot.EngineFacts;
import io.quern.boot.WorkersWanted;
import io.quern.catalog.CatalogConfig;
import io.quern.catalog.ConfiguredModel;
import io.quern.catalog.ConfiguredModels;
import io.quern.catalog.ModelsConfig;
import io.quern.device.DeviceConfig;
import io.quern.home.HomeConfig;
import io.quern.launch.WorkerConfig;
import io.quern.libraries.LlamaConfig;
import io.quern.model.ModelConfig;
import io.quern.model.ServedModel;
import io.quern.model.TemplateConfig;
import io.quern.openai.OpenAccess;
import io.quern.pool.PoolConfig;
import io.quern.store.ModelStore;
import io.quern.store.QuantisationChoice;
import io.quern.store.StoreConfig;
import io.quern.tools.CallFormat;
import io.quern.tools.ReasoningFormat;
import io.smallrye.config.SmallRyeConfig;
import java.util.List;
import java.util.Optional;

/**
 * The engine's configuration, for commands that do not start the engine.
 *
 * @param models the models that an engine would serve; that of {@code quern.model} first
 */
record Settings(
        HomeConfig home,
        StoreConfig store,
        LlamaConfig llama,
        DeviceConfig device,
        WorkerConfig worker,
        PoolConfig pool,
        ModelConfig model,
        TemplateConfig template,
        CatalogConfig catalog,
        List<ConfiguredModel> models,
        OpenAccess access) {

    /** Returns the same settings with another home. */
    Settings in(HomeConfig other) {
        return new Settings(other, store, llama, device, worker, pool, model, template, catalog, models, access);
    }

    /** Returns a planner of a boot with that model. */
    BootPlanner planner(ServedModel served) {
        return new BootPlanner(home, llama, worker, device, served);
    }

    /** Returns another model than the configured one, with the same settings, without opening it. */
    ServedModel otherModel(String pathOrDemo) {
        return new ServedModel(
                new Other(pathOrDemo, Optional.empty(), CallFormat.AUTO, ReasoningFormat.AUTO), template, modelStore());
    }

    /** Returns a planner of a boot with one of the configured models. */
    BootPlanner planner(ConfiguredModel one) {
        return new BootPlanner(
                home,
                llama,
                one.worker(),
                device,
                new ServedModel(one.model(), template, modelStore()),
                EngineFacts.of(models.size(), ConfiguredModels.together(models)));
    }

    private record Other(
            String model, Optional<String> modelName, CallFormat toolParser, ReasoningFormat reasoningParser)
            implements ModelConfig {}

    /** Returns the configured model without opening it. */
    ServedModel servedModel() {
        return new ServedModel(model, template, modelStore());
    }

    /** Returns the models that have been downloaded to this machine. */
    ModelStore modelStore() {
        return new ModelStore(store, home);
    }

    /** Returns what chooses the quantisation of a model that is to be downloaded. */
    QuantisationChoice choice() {
        return planner(servedModel())
                .quantisations(new WorkersWanted(pool.workers(), pool.standbys(), pool.memoryCheck()));
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
                        StoreConfig.class,
                        LlamaConfig.class,
                        DeviceConfig.class,
                        WorkerConfig.class,
                        PoolConfig.class,
                        ModelConfig.class,
                        ModelsConfig.class,
                        CatalogConfig.class,
                        TemplateConfig.class)
                .forEach(builder::withMapping);
        SmallRyeConfig config = builder.withMappingIgnore("quern.**").build();
        return new Settings(
                config.getConfigMapping(HomeConfig.class),
                config.getConfigMapping(StoreConfig.class),
                config.getConfigMapping(LlamaConfig.class),
                config.getConfigMapping(DeviceConfig.class),
                config.getConfigMapping(WorkerConfig.class),
                config.getConfigMapping(PoolConfig.class),
                config.getConfigMapping(ModelConfig.class),
                config.getConfigMapping(TemplateConfig.class),
                config.getConfigMapping(CatalogConfig.class),
                models(config),
                OpenAccess.of(config));
    }

    private static List<ConfiguredModel> models(SmallRyeConfig config) {
        return new ConfiguredModels(
                        config.getConfigMapping(ModelConfig.class),
                        config.getConfigMapping(ModelsConfig.class),
                        config.getConfigMapping(CatalogConfig.class),
                        config.getConfigMapping(PoolConfig.class),
                        config.getConfigMapping(WorkerConfig.class),
                        config)
                .read();
    }
}
