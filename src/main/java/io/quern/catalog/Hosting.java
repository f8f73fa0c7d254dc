package io.quern.catalog;

import io.quern.admission.Admissions;
import io.quern.model.ServedModel;
import io.quern.model.TemplateConfig;
import io.quern.pool.PoolLifecycle;
import io.quern.pool.WorkerPools;
import io.quern.store.ModelStore;
import io.quern.time.EngineClock;
import jakarta.inject.Singleton;
import java.util.List;

/** Gives each configured model its workers and its queue. */
@Singleton
final class Hosting {
    private final TemplateConfig template;
    private final ModelStore store;
    private final WorkerPools pools;
    private final Admissions admissions;

    Hosting(TemplateConfig template, ModelStore store, WorkerPools pools, Admissions admissions) {
        this.template = template;
        this.store = store;
        this.pools = pools;
        this.admissions = admissions;
    }

    /**
     * Returns a model that is not open yet.
     *
     * @param all the models of the engine
     * @param residency loads and unloads it, unless it is pinned
     */
    HostedModel host(ConfiguredModel configured, List<ConfiguredModel> all, Residency residency, EngineClock clock) {
        ServedModel served = new ServedModel(configured.model(), template, store);
        PoolLifecycle workers = pools.of(
                configured.key(),
                served,
                configured.pool(),
                configured.worker(),
                all.size(),
                ConfiguredModels.together(all));
        if (configured.pinned()) {
            AtBoot gate = new AtBoot(workers.pool());
            HostedModel pinned =
                    new HostedModel(configured, served, workers, admissions.to(workers.pool(), gate), clock);
            gate.leadsTo(pinned);
            workers.pool().onChange(pinned::followPool);
            return pinned;
        }
        OnDemand gate = new OnDemand(residency);
        HostedModel model = new HostedModel(configured, served, workers, admissions.to(workers.pool(), gate), clock);
        gate.leadsTo(model);
        residency.add(model);
        return model;
    }
}
