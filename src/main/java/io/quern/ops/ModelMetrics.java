package io.quern.ops;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.Startup;
import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import io.quern.pool.WorkerPool;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Registers the meters of each model, with its name as their label. Only the configuration adds models. */
@Startup(MetricNames.AFTER_THE_POOL)
@ApplicationScoped
class ModelMetrics {
    @Inject
    ModelMetrics(MeterRegistry registry, ModelCatalog catalog) {
        catalog.all().forEach(model -> register(registry, model));
        Map<String, ResidenceMetrics> residence = catalog.all().stream()
                .collect(Collectors.toMap(HostedModel::name, model -> new ResidenceMetrics(registry, model)));
        catalog.onTransition(
                event -> Objects.requireNonNull(residence.get(event.model())).count(event));
    }

    private static void register(MeterRegistry registry, HostedModel model) {
        Tags labels = MetricNames.labels(model.name());
        WorkerPool pool = model.pool();
        model.admission().observe(new GenerationMetrics(registry, labels));
        new PoolMetrics(registry, labels, pool, model.admission());
        InfoMetrics info = new InfoMetrics(registry, labels);
        pool.onEvent(event -> info.show(pool.view()));
        info.show(pool.view());
    }
}
