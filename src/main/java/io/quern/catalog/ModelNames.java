package io.quern.catalog;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.text.EditDistance;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds models by their names and aliases. Immutable. */
final class ModelNames {
    private static final int SIMILAR = 3;

    private final Map<String, HostedModel> byName;
    private final @Nullable HostedModel standard;

    private ModelNames(Map<String, HostedModel> byName, @Nullable HostedModel standard) {
        this.byName = Map.copyOf(byName);
        this.standard = standard;
    }

    /** Knows only the default model, because the names of the others are known after they were opened. */
    static ModelNames unopened(List<HostedModel> models) {
        return new ModelNames(Map.of(), standard(models));
    }

    /**
     * Collects the names of open models.
     *
     * @param byDefault the configured name of the default model
     * @throws ConfigurationException if two models have the same name, or no model has the name of the default
     */
    static ModelNames of(List<HostedModel> models, Optional<String> byDefault) {
        Map<String, HostedModel> byName = new HashMap<>();
        for (HostedModel model : models) {
            List<String> all = new ArrayList<>(List.of(model.name()));
            all.addAll(model.aliases());
            for (String name : all) {
                if (byName.putIfAbsent(name, model) != null) {
                    throw new ConfigurationException("Two models have the name " + name
                            + ". Give one another name: quern.models.\"NAME\".model, or quern.model-name.");
                }
            }
        }
        if (byDefault.isPresent() && !byName.containsKey(byDefault.get())) {
            throw new ConfigurationException("quern.catalog.default-model is " + byDefault.get()
                    + ", but the models are "
                    + String.join(", ", byName.keySet().stream().sorted().toList()));
        }
        return new ModelNames(byName, byDefault.map(byName::get).orElseGet(() -> standard(models)));
    }

    /** The model of {@code quern.model}, or the only pinned one, or the only one. */
    private static @Nullable HostedModel standard(List<HostedModel> models) {
        List<HostedModel> pinned = models.stream().filter(HostedModel::pinned).toList();
        if (models.size() == 1 || models.getFirst().configured().key().isEmpty()) {
            return models.getFirst();
        }
        return pinned.size() == 1 ? pinned.getFirst() : null;
    }

    Optional<HostedModel> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    Optional<HostedModel> byDefault() {
        return Optional.ofNullable(standard);
    }

    /** Returns the names that are nearest to a text, best first. */
    List<String> similar(String text) {
        String wanted = text.toLowerCase(Locale.ROOT);
        return byName.keySet().stream()
                .sorted(Comparator.comparingInt((String name) -> distance(wanted, name.toLowerCase(Locale.ROOT)))
                        .thenComparing(name -> name))
                .limit(SIMILAR)
                .toList();
    }

    /** Returns the Levenshtein distance, or 0 if one text contains the other. */
    private static int distance(String from, String to) {
        if (!from.isEmpty() && (to.contains(from) || from.contains(to))) {
            return 0;
        }
        return EditDistance.between(from, to);
    }
}
