package io.quern.cli;

import io.quern.boot.BootPlanner;
import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import io.quern.catalog.ModelState;
import io.quern.jvm.WeightsCommand;
import io.quern.launch.Installation;
import io.quern.libraries.GpuBackends;
import io.quern.log.KeyedLog;
import io.quern.model.ServedModel;
import io.quern.quantize.WeightAdvice;
import io.quern.quantize.WeightAdvisor;
import io.quern.threads.EngineThreads;
import jakarta.inject.Singleton;
import java.util.Optional;

/** Says in the log of an engine that is ready if the weights of a model are slow on this processor. */
@Singleton
final class WeightHint {
    private static final KeyedLog LOG = KeyedLog.of(WeightHint.class);

    private final ModelCatalog catalog;

    WeightHint(ModelCatalog catalog) {
        this.catalog = catalog;
    }

    /** Looks in the background, and measures in another process if nothing is known. Never fails. */
    void look() {
        EngineThreads.daemon("quern-weight-hint").start(() -> {
            for (HostedModel hosted : catalog.all()) {
                if (hosted.state() instanceof ModelState.Ready) {
                    look(hosted);
                }
            }
        });
    }

    private static void look(HostedModel hosted) {
        try {
            advice(hosted.model())
                    .ifPresent(advice -> LOG.model(hosted.name()).infof("%s", advice.text(Commands.name())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.model(hosted.name()).debugf("The speed of the weights is unknown: %s", e.getMessage());
        }
    }

    private static Optional<WeightAdvice> advice(ServedModel model) throws InterruptedException {
        if (!WeightAdvisor.matters(model.metadata())) {
            return Optional.empty();
        }
        BootPlanner planner = Settings.read().planner(model);
        return advise(model, planner.installation());
    }

    /**
     * Returns the advice, or empty if the weights are fast enough or a GPU computes with them. Blocks for seconds if
     * the times are not known.
     */
    static Optional<WeightAdvice> advise(ServedModel model, Installation installation) throws InterruptedException {
        return GpuBackends.in(installation.libraries())
                ? Optional.empty()
                : new WeightAdvisor(new WeightsCommand(
                                installation.runtime(),
                                installation.sandbox(),
                                installation.home(),
                                installation.libraries()))
                        .advise(model.metadata());
    }
}
