package io.quern.ops;

import io.quern.catalog.HostedModel;
import io.quern.launch.Guard;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Combines the guards of the workers of all loaded models. Pure. */
final class GuardsOfModels {
    private GuardsOfModels() {}

    static List<Guard> of(List<HostedModel> models) {
        List<HostedModel> loaded =
                models.stream().filter(model -> model.pool().started()).toList();
        if (loaded.size() <= 1) {
            return loaded.stream().findFirst().orElse(models.getFirst()).pool().guards();
        }
        Map<String, List<Guard>> byName = new LinkedHashMap<>();
        for (HostedModel model : loaded) {
            for (Guard guard : model.pool().guards()) {
                byName.computeIfAbsent(guard.name(), name -> new ArrayList<>())
                        .add(new Guard(guard.name(), guard.active(), model.name() + ": " + guard.detail()));
            }
        }
        return byName.values().stream().map(GuardsOfModels::together).toList();
    }

    private static Guard together(List<Guard> same) {
        return new Guard(
                same.getFirst().name(),
                same.stream().allMatch(Guard::active),
                same.stream().map(Guard::detail).collect(Collectors.joining("; ")));
    }
}
