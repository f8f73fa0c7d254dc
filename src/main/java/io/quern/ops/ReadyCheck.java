package io.quern.ops;

import io.quern.pool.PoolView;
import io.quern.pool.WorkerPool;
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
    private final WorkerPool pool;

    @Inject
    ReadyCheck(WorkerPool pool) {
        this.pool = pool;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom().item(() -> {
            PoolView view = pool.view();
            return PoolHealth.describe("Worker pool takes requests", view, view.state() == PoolView.State.READY);
        });
    }
}
