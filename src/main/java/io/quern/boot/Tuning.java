package io.quern.boot;

import io.quern.launch.WorkerConfig;
import io.quern.model.ModelMemory;
import io.quern.policy.StartMethod;
import io.quern.topology.Measurement;
import io.quern.topology.ModelSize;
import io.quern.topology.Topology;
import java.util.function.Function;

/**
 * What a measurement can change at the next start of a model that has been started.
 *
 * @param plan the start
 * @param worker the configuration of its workers
 * @param engine the engine that serves it
 * @param next what such a start chooses by a measurement; pure
 */
public record Tuning(BootPlan plan, WorkerConfig worker, EngineFacts engine, Function<Measurement, Topology> next) {

    /**
     * Returns whether a measurement in the background can change what the next start chooses. It cannot if the numbers
     * are configured or a GPU computes. Models that need several threads are left to {@code tune}, because measuring
     * them takes minutes and a machine without other work.
     */
    public boolean matters() {
        boolean chooses = worker.slots().isEmpty()
                || worker.threads().isEmpty() && plan.workers().serving().isEmpty();
        return chooses
                && !engine.development()
                && !engine.embedded()
                && plan.devices().orThrow().accelerators().isEmpty()
                && plan.decision().orThrow().method() != StartMethod.INLINE
                && size().isReadableWithOneThread();
    }

    private ModelSize size() {
        ModelMemory model = ModelMemory.of(plan.model().orThrow().metadata());
        return new ModelSize(model.weights(), model.weightsPerToken());
    }

    /** Returns whether the model's speed is known under the present conditions. Reads files. */
    public boolean isMeasured() {
        InstallationParts parts = plan.parts();
        return Measurements.in(parts.home().orThrow())
                .find(MeasuredUnder.of(
                        plan.host(),
                        plan.model().orThrow().file(),
                        parts.libraries().orThrow()))
                .isPresent();
    }

    /**
     * Returns whether there is memory for the measuring process beside the workers; always if memory is not checked.
     *
     * @param left the memory that the workers of all models leave
     */
    public boolean fits(MemoryShare left) {
        return plan.workers().memoryCheck() == MemoryCheck.OFF
                || plan.memory()
                        .orThrow()
                        .measuringFits(MemoryLimit.of(plan.host()).within(left));
    }

    /** Returns the measurement in the background. */
    public Calibration calibration() {
        return Calibration.inBackground(
                plan.parts().whole(),
                worker,
                plan.host(),
                plan.model().orThrow().file());
    }

    /** Returns what the start has chosen. */
    public Topology now() {
        return plan.topology().orThrow();
    }

    /** Returns what the next start chooses by a measurement. */
    public Topology next(Measurement measured) {
        return next.apply(measured);
    }
}
