package io.quern.ops;

import io.quern.admission.Admission;
import io.quern.model.ServedModel;
import io.quern.pool.WorkerPool;
import jakarta.inject.Singleton;

/** Returns the present views of the pool and the decision. The methods are cheap and may be called from any thread. */
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

    /**
     * Returns the pool as JSON.
     *
     * @param all whether to include folders and the output of workers
     */
    String pool(boolean all) {
        return OpsJson.write(page(), all);
    }

    /**
     * Returns the decision as JSON.
     *
     * @param all whether to include folders
     */
    String decision(boolean all) {
        return OpsJson.write(pool.decision(), all);
    }
}
