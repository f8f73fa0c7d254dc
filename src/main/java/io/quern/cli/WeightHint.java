package io.quern.cli;

import io.quern.catalog.HostedModel;
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
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Says in the log of an idle engine if the weights of a model are slow on this processor. */
record WeightHint(HostedModel hosted, IdlePace pace) implements IdleTask<Optional<WeightAdvice>> {
    private static final KeyedLog LOG = KeyedLog.of(WeightHint.class);

    /** The engine must have been idle for so long before anything is measured. */
    static final Duration IDLE_TIME = Duration.ofSeconds(10);

    /** Longer than the advisor waits for its process. */
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @Override
    public Duration limit() {
        return LIMIT;
    }

    @Override
    public Need need() {
        return hosted.state() instanceof ModelState.Ready
                        && WeightAdvisor.matters(hosted.model().metadata())
                ? Need.START
                : Need.NOTHING;
    }

    /** Looks what is known, and measures in another process if that is nothing. */
    @Override
    public Run<Optional<WeightAdvice>> start() {
        CompletableFuture<Optional<WeightAdvice>> result = new CompletableFuture<>();
        Thread thread = EngineThreads.daemon("quern-weight-hint").start(() -> {
            try {
                ServedModel model = hosted.model();
                result.complete(advise(model, Settings.read().planner(model).installation()));
            } catch (InterruptedException | RuntimeException e) {
                result.completeExceptionally(e);
            } finally {
                // after an Error, which the thread reports
                result.cancel(false);
            }
        });
        return new Run<>() {
            @Override
            public CompletionStage<Optional<WeightAdvice>> result() {
                return result;
            }

            @Override
            public void stop() {
                thread.interrupt();
            }
        };
    }

    @Override
    public void succeeded(Optional<WeightAdvice> result) {
        result.ifPresent(advice -> log().infof("%s", advice.text(Commands.name())));
    }

    @Override
    public void gaveWay() {
        log().debugf("a request has ended the measurement of the weights");
    }

    @Override
    public void overdue() {
        log().debugf("The speed of the weights is unknown: measuring took more than %d s", LIMIT.toSeconds());
    }

    @Override
    public void failed(Throwable cause) {
        log().debugf("The speed of the weights is unknown: %s", cause.getMessage());
    }

    private KeyedLog log() {
        return LOG.model(hosted.name());
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
