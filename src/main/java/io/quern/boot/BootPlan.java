package io.quern.boot;

import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.model.ServedModel;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.sandbox.Sandbox;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a boot does here: what it starts workers with, by which method, and how they fit into the memory there is. A
 * start carries it out, doctor prints it. Immutable.
 *
 * @param workers that are asked for
 * @param parts what workers are started with
 * @param decision how they come to life
 * @param model that they serve, open
 * @param memory the slots and contexts that fit; a plan that does not fit says so itself
 */
public record BootPlan(
        HostFacts host,
        WorkersWanted workers,
        InstallationParts parts,
        Found<DeviceReport> devices,
        Found<Decision> decision,
        Found<ServedModel> model,
        Found<MemoryPlan> memory) {

    /** What workers are kept from, for people; a problem if they cannot be kept from all that is required. */
    public Found<String> confinement() {
        return parts.sandbox().then(sandbox -> parts.libraries()
                .then(libraries -> decision.then(decided -> confinement(sandbox, decided.method(), libraries))));
    }

    /**
     * The memory plan that a start keeps to.
     *
     * @return empty if memory is not checked
     * @throws io.quarkus.runtime.configuration.ConfigurationException if the workers do not fit, and have to
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
