package io.quern.ops;

import io.quern.catalog.ModelCatalog;
import io.quern.pool.PoolView;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Startup;

/**
 * Reports whether a worker has been ready once. It stays up from then on, because a start-up probe ends with its first
 * success.
 */
@Startup
@ApplicationScoped
class StartedCheck implements AsyncHealthCheck {
    private final ModelCatalog catalog;
    private volatile boolean started;

    @Inject
    StartedCheck(ModelCatalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom().item(() -> {
            PoolView view = catalog.view();
            started |= hasBeenReady(view.state());
            return PoolHealth.describe("Model loaded", view, started);
        });
    }

    /** Returns whether the state proves that a worker has been ready. FAILED and STOPPING do not. */
    static boolean hasBeenReady(PoolView.State state) {
        return switch (state) {
            case READY, UNAVAILABLE -> true;
            case STARTING, FAILED, STOPPING -> false;
        };
    }
}
