package io.quern.ops;

import io.quern.catalog.ModelCatalog;
import io.quern.pool.PoolView;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Reports whether the engine can still recover by itself. Loading, worker restarts and a shutdown need no help, and
 * killing the engine during them would only take longer. Once no worker comes back by itself, only a new engine helps.
 */
@Liveness
@ApplicationScoped
class LiveCheck implements AsyncHealthCheck {
    private final ModelCatalog catalog;

    @Inject
    LiveCheck(ModelCatalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom().item(() -> {
            PoolView view = catalog.view();
            return PoolHealth.describe("Worker pool can recover", view, canRecover(view.state()));
        });
    }

    static boolean canRecover(PoolView.State state) {
        return state != PoolView.State.FAILED;
    }
}
