package io.quern.cli;

import io.quarkus.runtime.LaunchMode;
import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import io.quern.catalog.ModelState;
import io.quern.device.Cgroup;
import io.quern.jvm.WeightsCommand;
import io.quern.launch.Installation;
import io.quern.libraries.GpuBackends;
import io.quern.log.KeyedLog;
import io.quern.model.ServedModel;
import io.quern.quantize.AvailableMemory;
import io.quern.quantize.WeightAdvice;
import io.quern.quantize.WeightAdvisor;
import io.quern.threads.EngineThreads;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/** Says in the log of an engine that is ready if the weights of a model are slow on this processor. */
@Singleton
final class WeightHint {
    private static final KeyedLog LOG = KeyedLog.of(WeightHint.class);

    /** The engine must have been idle for so long before anything is measured. */
    private static final int IDLE_SECONDS = 10;

    private final ModelCatalog catalog;

    WeightHint(ModelCatalog catalog) {
        this.catalog = catalog;
    }

    /**
     * Looks in the background, and measures in another process if nothing is known. Waits until the engine is idle, so
     * that neither its first requests nor its start have to share the processors. Never fails.
     */
    void look() {
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            EngineThreads.daemon("quern-weight-hint").start(this::lookWhenIdle);
        }
    }

    private void lookWhenIdle() {
        try {
            for (HostedModel hosted : catalog.all()) {
                if (hosted.state() instanceof ModelState.Ready) {
                    look(hosted);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(HostedModel hosted) throws InterruptedException {
        try {
            ServedModel model = hosted.model();
            if (WeightAdvisor.matters(model.metadata())) {
                awaitIdle();
                advise(model, Settings.read().planner(model).installation())
                        .ifPresent(advice -> LOG.model(hosted.name()).infof("%s", advice.text(Commands.name())));
            }
        } catch (RuntimeException e) {
            LOG.model(hosted.name()).debugf("The speed of the weights is unknown: %s", e.getMessage());
        }
    }

    private void awaitIdle() throws InterruptedException {
        int idle = 0;
        while (idle < IDLE_SECONDS) {
            Thread.sleep(Duration.ofSeconds(1));
            idle = catalog.running() == 0 ? idle + 1 : 0;
        }
    }

    /**
     * Returns the advice, or empty if the weights are fast enough or a GPU computes with them. Blocks for seconds if
     * the times are not known.
     */
    static Optional<WeightAdvice> advise(ServedModel model, Installation installation) throws InterruptedException {
        return GpuBackends.in(installation.libraries())
                ? Optional.empty()
                : new WeightAdvisor(
                                new WeightsCommand(
                                        installation.runtime(),
                                        installation.sandbox(),
                                        installation.home(),
                                        installation.libraries()),
                                memory())
                        .advise(model.metadata());
    }

    /** Returns the memory of this machine, within the limits of the control group. */
    static AvailableMemory memory() {
        return AvailableMemory.ofThisMachine(() -> Cgroup.own().memoryLeft().orElse(Long.MAX_VALUE));
    }
}
