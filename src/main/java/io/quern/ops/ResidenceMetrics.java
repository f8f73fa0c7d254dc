package io.quern.ops;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelEvent;
import io.quern.catalog.ModelState;

/** Counts how often a model was loaded and unloaded. */
final class ResidenceMetrics {
    private final Counter loads;
    private final Counter unloads;
    private final Counter failures;

    ResidenceMetrics(MeterRegistry registry, HostedModel model) {
        Tags tags = MetricNames.labels(model.name());
        Gauge.builder("quern_model_loaded", model, one -> one.state() instanceof ModelState.Ready ? 1 : 0)
                .description("1 if the model is in memory and serves, 0 if not")
                .tags(tags)
                .register(registry);
        loads = counter(registry, tags, "quern_model_loads", "Times that the model was loaded");
        unloads = counter(registry, tags, "quern_model_unloads", "Times that the model was unloaded");
        failures = counter(registry, tags, "quern_model_load_failures", "Times that the model could not be loaded");
    }

    private static Counter counter(MeterRegistry registry, Tags tags, String name, String description) {
        return Counter.builder(name).description(description).tags(tags).register(registry);
    }

    void count(ModelEvent event) {
        switch (event.state()) {
            case "ready" -> loads.increment();
            case "unloading" -> unloads.increment();
            case "failed" -> failures.increment();
            default -> {}
        }
    }
}
