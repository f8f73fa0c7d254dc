package io.quern.ops;

import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import jakarta.inject.Singleton;

/** Returns the present views of the pool and the decision. The methods are cheap and may be called from any thread. */
@Singleton
final class OpsViews {
    private final ModelCatalog catalog;

    OpsViews(ModelCatalog catalog) {
        this.catalog = catalog;
    }

    ShortHealth health() {
        return ShortHealth.of(catalog.view());
    }

    PoolPage page() {
        HostedModel first = catalog.first();
        return new PoolPage(
                catalog.view(),
                catalog.several() ? null : first.pool().memory(),
                GuardsOfModels.of(catalog.all()),
                catalog.several() ? null : first.pool().textStability().orElse(null),
                catalog.waiting(),
                catalog.running(),
                catalog.migrations(),
                catalog.views());
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
     * Returns the decision as JSON; with several models, one for each.
     *
     * @param all whether to include folders
     */
    String decision(boolean all) {
        return OpsJson.write(
                catalog.several()
                        ? ModelDecision.Decisions.of(catalog.all())
                        : catalog.first().pool().decision(),
                all);
    }
}
