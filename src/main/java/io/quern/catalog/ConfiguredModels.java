package io.quern.catalog;

import io.quern.launch.WorkerConfig;
import io.quern.model.ModelConfig;
import io.quern.model.ModelFiles;
import io.quern.pool.PoolConfig;
import io.quern.pool.WorkerLimits;
import io.quern.settings.Problems;
import io.quern.tools.CallFormat;
import io.quern.tools.ReasoningFormat;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.SmallRyeConfig;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/** Reads which models are configured, and checks it before anything starts. */
@Singleton
public final class ConfiguredModels {
    private static final int MOST_ON_DEMAND = 2;

    private static final String SINGLE = "quern.model";

    private final ModelConfig single;
    private final ModelsConfig several;
    private final CatalogConfig catalog;
    private final PoolConfig pool;
    private final WorkerConfig worker;
    private final SmallRyeConfig config;

    public ConfiguredModels(
            ModelConfig single,
            ModelsConfig several,
            CatalogConfig catalog,
            PoolConfig pool,
            WorkerConfig worker,
            SmallRyeConfig config) {
        this.single = single;
        this.several = several;
        this.catalog = catalog;
        this.pool = pool;
        this.worker = worker;
        this.config = config;
    }

    private record Named(
            String model, Optional<String> modelName, CallFormat toolParser, ReasoningFormat reasoningParser)
            implements ModelConfig {}

    /** Returns the models: that of {@code quern.model} first, the others by name. */
    public List<ConfiguredModel> read() {
        if (catalog.singleModel()) {
            return List.of(single());
        }
        List<ConfiguredModel> all = new ArrayList<>();
        if (several.byName().isEmpty() || isSet()) {
            folder().ifPresentOrElse(folder -> all.addAll(filesIn(folder)), () -> all.add(single()));
        }
        new TreeMap<>(several.byName()).forEach((name, entry) -> all.add(of(name, entry)));
        return List.copyOf(all);
    }

    /**
     * Returns how many of the models are expected to compute at the same time, at least 1: all pinned ones, and of
     * those that are loaded on demand at most two.
     */
    public static int together(List<ConfiguredModel> models) {
        int pinned = (int) models.stream().filter(ConfiguredModel::pinned).count();
        return Math.max(1, pinned + Math.min(MOST_ON_DEMAND, models.size() - pinned));
    }

    private ConfiguredModel single() {
        return new ConfiguredModel("", single, List.of(), true, false, Duration.ZERO, pool, worker);
    }

    private List<ConfiguredModel> filesIn(Path folder) {
        return ModelFiles.in(folder).stream()
                .map(file -> new ConfiguredModel(
                        file.getFileName().toString(),
                        new Named(file.toString(), Optional.empty(), single.toolParser(), single.reasoningParser()),
                        List.of(),
                        false,
                        true,
                        catalog.idleTimeout(),
                        pool,
                        worker))
                .toList();
    }

    private ConfiguredModel of(String name, ModelsConfig.Entry entry) {
        return new ConfiguredModel(
                name,
                new Named(
                        entry.model(),
                        Optional.of(name),
                        entry.toolParser().orElse(single.toolParser()),
                        entry.reasoningParser().orElse(single.reasoningParser())),
                entry.aliases().orElse(List.of()),
                entry.pinned(),
                false,
                entry.idleTimeout().orElse(catalog.idleTimeout()),
                new ModelPoolConfig(pool, entry),
                new ModelWorkerConfig(worker, entry));
    }

    /** Returns the folder that {@code quern.model} names, or empty if it names a file or nothing. */
    private Optional<Path> folder() {
        try {
            return Optional.of(Path.of(single.model()).toAbsolutePath().normalize())
                    .filter(ModelFiles::isFolderOfModels);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** Returns whether {@code quern.model} has a value besides its default. */
    private boolean isSet() {
        ConfigValue value = config.getConfigValue(SINGLE);
        return value.getValue() != null && value.getConfigSourceOrdinal() > 0;
    }

    void check(@Observes Problems problems) {
        problems.of("quern.catalog.idle-timeout").notNegative(catalog.idleTimeout());
        problems.of("quern.catalog.busy-timeout").notNegative(catalog.busyTimeout());
        problems.of("quern.catalog.retry-delay").positive(catalog.retryDelay());
        catalog.memoryLimit()
                .ifPresent(limit -> problems.of("quern.catalog.memory-limit").atLeast(1, limit.asLongValue()));
        Set<String> names = new HashSet<>(several.byName().keySet());
        new TreeMap<>(several.byName()).forEach((name, entry) -> check(name, entry, names, problems));
        if (single.modelName().isPresent() && folder().isPresent()) {
            problems.add("quern.model-name is " + single.modelName().get()
                    + ", but quern.model is a folder; its models have the names of their files");
        }
    }

    private static void check(String name, ModelsConfig.Entry entry, Set<String> names, Problems problems) {
        String prefix = "quern.models.\"" + name + "\".";
        if (name.isBlank()) {
            problems.add("quern.models contains a model without a name");
        }
        number(entry.workers())
                .ifPresent(workers -> problems.of(prefix + "workers").atLeast(1, workers));
        entry.standbys().ifPresent(standbys -> problems.of(prefix + "standbys").atLeast(0, standbys));
        entry.idleTimeout().ifPresent(problems.of(prefix + "idle-timeout")::notNegative);
        number(entry.slots())
                .ifPresent(slots -> problems.of(prefix + "slots").within(1, WorkerLimits.MAX_SLOTS, slots));
        entry.contextLength()
                .ifPresent(length -> problems.of(prefix + "context-length").atLeast(0, length));
        number(entry.threads())
                .ifPresent(threads -> problems.of(prefix + "threads").within(1, WorkerLimits.MAX_THREADS, threads));
        for (String alias : entry.aliases().orElse(List.of())) {
            if (!names.add(alias)) {
                problems.add(prefix + "aliases contains " + alias + ", which names another model as well");
            }
        }
    }

    private static OptionalInt number(Optional<OptionalInt> setting) {
        return setting.orElse(OptionalInt.empty());
    }
}
