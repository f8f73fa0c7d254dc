package io.quern.ops;

import io.quern.pool.PoolView;
import io.quern.settings.ShortPaths;
import java.util.Locale;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/** Describes the pool's state as the data of a health check. */
final class PoolHealth {
    private PoolHealth() {}

    static HealthCheckResponse describe(String name, PoolView view, boolean up) {
        HealthCheckResponseBuilder response = HealthCheckResponse.named(name)
                .status(up)
                .withData("state", name(view.state()))
                .withData("workers", view.workers().size())
                .withData("workersReady", readyWorkers(view))
                .withData("slots", view.slots())
                .withData("busySlots", view.busySlots());
        if (view.reason() != null) {
            response.withData("reason", ShortPaths.in(view.reason()));
        }
        return response.build();
    }

    static String name(PoolView.State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private static long readyWorkers(PoolView view) {
        return view.workers().stream()
                .filter(worker -> worker.state().equals("ready"))
                .count();
    }
}
