package io.quern.ops;

import io.quern.admission.Admission;
import io.quern.model.ServedModel;
import io.quern.pool.WorkerPool;
import jakarta.inject.Singleton;

/** The views of the pool and the decision, as they are at this moment. Cheap, from any thread. */
@Singleton
final class OpsViews {
    private final WorkerPool pool;
    private final Admission admission;
    private final ServedModel model;

    OpsViews(WorkerPool pool, Admission admission, ServedModel model) {
        this.pool = pool;
        this.admission = admission;
        this.model = model;
    }

    ShortHealth health() {
        return ShortHealth.of(pool.view());
    }

    PoolPage page() {
        return new PoolPage(
                pool.view(),
                pool.memory(),
                pool.guards(),
                model.textStability().orElse(null),
                admission.waiting(),
                admission.running(),
                admission.migrations());
    }

    /** @param all whether with folders and what workers wrote */
    String pool(boolean all) {
        return OpsJson.write(page(), all);
    }

    /** @param all whether with folders */
    String decision(boolean all) {
        return OpsJson.write(pool.decision(), all);
    }
}
