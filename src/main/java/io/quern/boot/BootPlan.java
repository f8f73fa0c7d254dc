package io.quern.boot;

import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.model.ServedModel;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.sandbox.Sandbox;
import io.quern.topology.Topology;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Describes what a boot does on this machine: what it starts workers with, by which start method, and how they fit into
 * memory. The engine carries out the plan, and {@code doctor} prints it. Immutable.
 *
 * @param workers the workers that are asked for
 * @param parts what workers are started with
 * @param decision the start method, and why
 * @param model the model that the workers serve, already open
 * @param topology how many workers there are, with how many threads and slots, and why
 * @param memory the slots and contexts that fit; if nothing fits, {@link MemoryPlan#problem} says why
 */
public record BootPlan(
        HostFacts host,
        WorkersWanted workers,
        InstallationParts parts,
        Found<DeviceReport> devices,
        Found<Decision> decision,
        Found<ServedModel> model,
        Found<Topology> topology,
        Found<MemoryPlan> memory) {

    /** Returns the number of workers, standbys included. */
    public int count() {
        return workers.count(topology.orThrow().workers(), decision.orThrow().method());
    }

    /**
     * Describes what the sandbox keeps workers from, as text for people. The result is a problem if the sandbox
     * cannot do all that is required.
     */
    public Found<String> confinement() {
        return parts.sandbox().then(sandbox -> parts.libraries()
                .then(libraries -> decision.then(decided -> confinement(sandbox, decided.method(), libraries))));
    }

    /**
     * Returns the memory plan that the workers get.
     *
     * @return empty if memory is not checked
     * @throws io.quarkus.runtime.configuration.ConfigurationException if the workers do not fit and the check is
     *     enforced
     */
    public Optional<MemoryPlan> memoryKeptTo() {
        MemoryPlan plan = memory.orThrow();
        return switch (workers.memoryCheck()) {
            case ENFORCE -> Optional.of(plan.enforced());
            case WARN -> Optional.of(plan);
            case OFF -> Optional.empty();
        };
    }

    private static Found<String> confinement(Sandbox sandbox, StartMethod method, Path libraries) {
        return sandbox.problem(method, libraries)
                .<Found<String>>map(problem -> new Found.Problem<>(new IllegalStateException(problem)))
                .orElseGet(() -> new Found.Here<>(sandbox.text(method, libraries)));
    }
}
