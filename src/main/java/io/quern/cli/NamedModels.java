package io.quern.cli;

import io.quarkus.runtime.configuration.ConfigUtils;
import io.quern.catalog.ModelsConfig;
import io.quern.settings.AutoNumber;
import io.quern.text.EditDistance;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The models that the configuration in this folder names, by {@code quern.models."NAME"}. */
record NamedModels(Map<String, ModelsConfig.Entry> byName) {
    private static final int SIMILAR = 3;

    /** @throws RuntimeException if a value does not have its type; the message names it */
    static NamedModels read() {
        return new NamedModels(ConfigUtils.configBuilder()
                .withMapping(ModelsConfig.class)
                .withMappingIgnore("quern.**")
                .build()
                .getConfigMapping(ModelsConfig.class)
                .byName());
    }

    /**
     * Returns the settings of an engine that serves only this model.
     *
     * @param typed a name or an alias of a configured model, or else what {@code quern.model} may contain
     */
    Map<String, String> settings(String typed) {
        Map<String, String> settings = new TreeMap<>();
        settings.put("quern.catalog.single-model", "true");
        Optional<Map.Entry<String, ModelsConfig.Entry>> named = find(typed);
        if (named.isEmpty()) {
            settings.put("quern.model", typed);
            return settings;
        }
        ModelsConfig.Entry entry = named.get().getValue();
        settings.put("quern.model", entry.model());
        settings.put("quern.model-name", named.get().getKey());
        entry.workers().ifPresent(number -> settings.put("quern.pool.workers", AutoNumber.text(number)));
        entry.standbys().ifPresent(number -> settings.put("quern.pool.standbys", Integer.toString(number)));
        entry.startMethod().ifPresent(method -> settings.put("quern.worker.start-method", method));
        entry.slots().ifPresent(number -> settings.put("quern.worker.slots", AutoNumber.text(number)));
        entry.contextLength()
                .ifPresent(number -> settings.put("quern.worker.context-length", Integer.toString(number)));
        entry.threads().ifPresent(number -> settings.put("quern.worker.threads", AutoNumber.text(number)));
        entry.devices().ifPresent(devices -> settings.put("quern.worker.devices", String.join(",", devices)));
        entry.toolParser().ifPresent(parser -> settings.put("quern.tool-parser", parser.toString()));
        entry.reasoningParser().ifPresent(parser -> settings.put("quern.reasoning-parser", parser.toString()));
        return settings;
    }

    private Optional<Map.Entry<String, ModelsConfig.Entry>> find(String typed) {
        return byName.entrySet().stream()
                .filter(one -> names(one).anyMatch(typed::equals))
                .findFirst();
    }

    private static Stream<String> names(Map.Entry<String, ModelsConfig.Entry> model) {
        return Stream.concat(Stream.of(model.getKey()), model.getValue().aliases().orElse(List.of()).stream());
    }

    /**
     * Returns the names that differ least from this one, best first.
     *
     * @param others further names that may be meant
     */
    List<String> similar(String typed, List<String> others) {
        return Stream.concat(byName.entrySet().stream().flatMap(NamedModels::names), others.stream())
                .sorted(Comparator.comparingInt((String name) -> EditDistance.between(typed, name)))
                .limit(SIMILAR)
                .toList();
    }
}
