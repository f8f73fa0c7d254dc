package io.quern.ops;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.Startup;
import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import io.quern.catalog.ModelEvent;
import io.quern.pool.WorkerPool;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Registers the meters of each model, with its name as their label. Only the configuration adds models. A model that is
 * downloaded gets its meters when it has arrived, because its name may be that of its file.
 */
@Startup(MetricNames.AFTER_THE_POOL)
@ApplicationScoped
class ModelMetrics {
    private final MeterRegistry registry;
    private final ModelCatalog catalog;
    private final Map<String, ResidenceMetrics> residence = new ConcurrentHashMap<>();

    @Inject
    ModelMetrics(MeterRegistry registry, ModelCatalog catalog) {
        this.registry = registry;
        this.catalog = catalog;
        removeEarlier(registry);
        // before the models are looked at: one may arrive at this moment
        catalog.onTransition(this::count);
        registerAll();
    }

    /**
     * Removes the meters of an earlier application in this JVM. Outside dev mode, Quarkus keeps its global registry when
     * an application ends, as between two test classes. The registry would then go on showing the earlier application's
     * pools, or nothing once they are collected.
     */
    static void removeEarlier(MeterRegistry registry) {
        registry.getMeters().stream()
                .filter(meter -> MetricNames.isOurs(meter.getId().getName()))
                .forEach(registry::remove);
    }

    private void registerAll() {
        catalog.all().stream().filter(model -> model.model().isOpen()).forEach(this::register);
    }

    private void count(ModelEvent event) {
        registerAll();
        ResidenceMetrics meters = residence.get(event.model());
        if (meters != null) {
            meters.count(event);
        }
    }

    private void register(HostedModel model) {
        residence.computeIfAbsent(model.name(), name -> {
            Tags labels = MetricNames.labels(name);
            WorkerPool pool = model.pool();
            model.admission().observe(new GenerationMetrics(registry, labels));
            new PoolMetrics(registry, labels, pool, model.admission());
            InfoMetrics info = new InfoMetrics(registry, labels);
            pool.onEvent(event -> info.show(pool.view()));
            info.show(pool.view());
            return new ResidenceMetrics(registry, model);
        });
    }
}
