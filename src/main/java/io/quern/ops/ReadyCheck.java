package io.quern.ops;

import io.quern.catalog.ModelCatalog;
import io.quern.pool.PoolView;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Reports whether the engine accepts requests now. All checks here are asynchronous, because a busy worker pool must
 * not make the engine look dead.
 */
@Readiness
@ApplicationScoped
class ReadyCheck implements AsyncHealthCheck {
    private final ModelCatalog catalog;

    @Inject
    ReadyCheck(ModelCatalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom().item(() -> {
            PoolView view = catalog.view();
            return PoolHealth.describe("Worker pool takes requests", view, view.state() == PoolView.State.READY);
        });
    }
}
