package io.quern.pool;

import io.quern.boot.BootPlanners;
import io.quern.launch.InlineWorker;
import io.quern.launch.WorkerConfig;
import io.quern.model.ServedModel;
import io.quern.time.EngineClock;
import jakarta.inject.Singleton;
import java.util.Set;

/** Makes the pool of each model. */
@Singleton
public final class WorkerPools {
    private final BootPlanners planners;
    private final InlineWorker inline;
    private final DevConfig dev;
    private final PrefixStoreConfig prefixes;

    WorkerPools(BootPlanners planners, InlineWorker inline, DevConfig dev, PrefixStoreConfig prefixes) {
        this.planners = planners;
        this.inline = inline;
        this.dev = dev;
        this.prefixes = prefixes;
    }

    /**
     * Returns a pool that is not started.
     *
     * @param key identifies the model among those of this engine and of the next application in this JVM
     * @param model the model, which need not be open yet
     * @param models the number of models of the engine
     * @param together models that are expected to compute at the same time
     */
    public PoolLifecycle of(
            String key, ServedModel model, PoolConfig pool, WorkerConfig worker, int models, int together) {
        return new PoolLifecycle(
                new WorkerPool(pool, EngineClock.system()),
                pool,
                worker,
                planners.of(worker, model, models, together),
                inline,
                new LiveReload(dev, key),
                new PrefixMemory(prefixes.memory(), models > 1));
    }

    /**
     * Ends workers that the previous application in this JVM has left for models that this one does not serve, in
     * development mode.
     *
     * @param keys the keys of all models
     */
    public void discardOthers(Set<String> keys) {
        HandOver.discardOthers(keys);
    }
}
