package io.quern.cli;

import io.quarkus.runtime.configuration.MemorySize;
import io.quern.boot.Assumptions;
import io.quern.boot.BootPlan;
import io.quern.boot.Found;
import io.quern.boot.MemoryCheck;
import io.quern.boot.MemoryPlan;
import io.quern.boot.MemoryShare;
import io.quern.boot.MemoryUse;
import io.quern.boot.Purpose;
import io.quern.boot.WorkersWanted;
import io.quern.catalog.ConfiguredModel;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.launch.WorkerConfig;
import io.quern.model.ModelFileException;
import io.quern.model.ModelMemory;
import io.quern.model.ServedModel;
import io.quern.policy.Decision;
import io.quern.policy.ProcessFacts;
import io.quern.policy.StartMethodConfig;
import io.quern.quantize.QuantizeException;
import io.quern.quantize.WeightAdvisor;
import io.quern.settings.ByteFormat;
import io.quern.store.StoreException;
import io.quern.store.StoreProblem;
import io.quern.topology.Topology;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A configured model, and the plan of its start beside the pinned ones.
 *
 * @param alone whether the engine has no other
 * @param downloads whether a start downloads models that are not on this machine
 */
record ExaminedModel(ConfiguredModel configured, boolean alone, boolean downloads, BootPlan plan) {
    private static final String WARNING = Doctor.WARNING;

    /**
     * What {@code doctor} reports of one of several models. Values that are not known are null.
     *
     * @param problem why the model cannot be served
     * @param memory how its workers fit into memory
     */
    record View(
            String name,
            boolean pinned,
            @Nullable String file,
            @Nullable String problem,
            @Nullable String memory,
            @Nullable String startMethod,
            @Nullable Topology topology) {}

    /** Examines all models: the pinned ones first, as a start does. Returns them in the order of the configuration. */
    static List<ExaminedModel> all(Settings settings, Assumptions given) {
        List<ConfiguredModel> models = settings.models();
        MemoryShare share = new MemoryShare(
                settings.catalog().memoryLimit().map(MemorySize::asLongValue).orElse(0L), 0, "");
        Assumptions assumptions = given;
        boolean downloads = !settings.modelStore().offline();
        Map<ConfiguredModel, ExaminedModel> examined = new HashMap<>();
        for (ConfiguredModel model : models.stream()
                .sorted(Comparator.comparing(ConfiguredModel::pinned).reversed())
                .toList()) {
            WorkersWanted wanted = new WorkersWanted(
                    model.pool().workers(),
                    model.pool().standbys(),
                    model.pool().memoryCheck(),
                    share);
            BootPlan plan = settings.planner(model).report(wanted, assumptions);
            examined.put(model, new ExaminedModel(model, models.size() == 1, downloads, plan));
            assumptions = new WithDevices(given, plan.devices().found());
            if (model.pinned() && fits(plan)) {
                share = share.beside(
                        model.label(), MemoryUse.of(plan, model.worker()).main());
            }
        }
        return models.stream().map(examined::get).toList();
    }

    private static boolean fits(BootPlan plan) {
        return plan.memory().found().filter(memory -> memory.problem() == null).isPresent();
    }

    /** The devices are probed once. */
    private record WithDevices(Assumptions given, Optional<DeviceReport> devices) implements Assumptions {
        @Override
        public StartMethodConfig wish(WorkerConfig config) {
            return given.wish(config);
        }

        @Override
        public HostFacts in(HostFacts host) {
            return given.in(host);
        }

        @Override
        public boolean sameMachine() {
            return given.sameMachine();
        }

        @Override
        public ModelMemory in(ModelMemory model) {
            return given.in(model);
        }

        @Override
        public ProcessFacts in(ProcessFacts process) {
            return given.in(process);
        }
    }

    /** Returns what is found about model files, one check for each model. */
    static List<Doctor.Check> files(List<ExaminedModel> models) {
        // an engine starts without a model if it has others
        boolean others = !models.stream().allMatch(ExaminedModel::isBroken);
        return models.stream().flatMap(model -> model.file(others).stream()).toList();
    }

    /** Returns whether an engine starts without this model, because the file cannot be served. */
    private boolean isBroken() {
        return plan.model() instanceof Found.Problem<ServedModel>(RuntimeException problem)
                && (configured.found()
                        || !configured.pinned() && problem instanceof ModelFileException file && file.fileExists());
    }

    /**
     * Reads the chat template, too. A template that cannot be used is reported in the log.
     *
     * @param others whether another model can be served
     */
    private Optional<Doctor.Check> file(boolean others) {
        Found<ServedModel> found = plan.model() instanceof Found.Here<ServedModel>(ServedModel model)
                ? Purpose.REPORT.find(() -> {
                    model.prepareChats();
                    return model;
                })
                : plan.model();
        return switch (found) {
            case Found.Here<ServedModel>(ServedModel model) ->
                Optional.of(new Doctor.Check("model", named(model.file().toString()), null));
            case Found.Problem<ServedModel>(StoreException problem)
            when downloads && problem.problem() == StoreProblem.NOT_PULLED ->
                Optional.of(new Doctor.Check(
                        "model", WARNING + named("it is not on this machine; an engine downloads it first"), null));
            case Found.Problem<ServedModel>(RuntimeException problem)
            when isBroken() && others ->
                Optional.of(new Doctor.Check(
                        "model",
                        WARNING
                                + named((configured.found()
                                                ? "left out, because "
                                                : "its requests are refused, because ")
                                        + problem.getMessage()),
                        null));
            case Found.Problem<ServedModel>(RuntimeException problem) ->
                Optional.of(new Doctor.Check("model", null, named(problem.getMessage())));
            case Found.Skipped<ServedModel> skipped -> Optional.empty();
        };
    }

    private String named(String text) {
        return alone ? text : configured.label() + (configured.pinned() ? " (pinned): " : ": ") + text;
    }

    /** Returns a warning for each model whose weights are slow on this processor. Blocks while that is measured. */
    static List<Doctor.Check> weights(List<ExaminedModel> models, BootPlan plan) {
        List<Doctor.Check> checks = new ArrayList<>();
        for (ExaminedModel one : models) {
            try {
                Optional<ServedModel> model = one.plan.model().found();
                if (model.isPresent() && WeightAdvisor.matters(model.get().metadata())) {
                    WeightHint.advise(model.get(), plan.parts().whole())
                            .ifPresent(advice -> checks.add(new Doctor.Check(
                                    "weights", WARNING + one.named(advice.text(Commands.name())), null)));
                }
            } catch (QuantizeException e) {
                checks.add(new Doctor.Check("weights", one.named("their speed is unknown: " + e.getMessage()), null));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                // a part of the installation is missing, which is reported elsewhere
            }
        }
        return checks;
    }

    /** Returns what is found about memory: of each model, and of all pinned ones together. */
    static List<Doctor.Check> memory(List<ExaminedModel> models) {
        List<Doctor.Check> checks = new ArrayList<>();
        models.forEach(model -> model.memory().ifPresent(checks::add));
        List<ExaminedModel> pinned = models.stream()
                .filter(model -> model.configured.pinned() && fits(model.plan))
                .toList();
        if (pinned.size() > 1) {
            MemoryPlan plan = pinned.getLast().plan.memory().orThrow();
            long workers = pinned.stream()
                    .mapToLong(model -> model.plan.memory().orThrow().workersBytes())
                    .sum();
            checks.add(new Doctor.Check(
                    "memory",
                    "pinned models together: " + ByteFormat.of(workers) + " + engine "
                            + ByteFormat.of(plan.engineBytes()) + " of " + plan.limitText(),
                    null));
        }
        return checks;
    }

    private Optional<Doctor.Check> memory() {
        return plan.memory().found().map(memory -> {
            if (memory.problem() == null) {
                return new Doctor.Check("memory", named("fits: " + text(memory)), null);
            }
            // an engine starts without a model that is loaded later, and refuses its requests
            return plan.workers().memoryCheck() == MemoryCheck.ENFORCE && configured.pinned()
                    ? new Doctor.Check("memory", null, named(memory.problem()))
                    : new Doctor.Check("memory", WARNING + named(memory.problem()), null);
        });
    }

    private static String text(MemoryPlan memory) {
        if (memory.problem() != null) {
            return memory.problem();
        }
        return memory.lowered().isEmpty() ? memory.text() : memory.lowered();
    }

    View view() {
        return new View(
                configured.label(),
                configured.pinned(),
                plan.model().found().map(model -> model.file().toString()).orElse(null),
                plan.model() instanceof Found.Problem<ServedModel>(RuntimeException problem)
                        ? problem.getMessage()
                        : null,
                plan.memory().found().map(ExaminedModel::text).orElse(null),
                plan.decision()
                        .found()
                        .map(Decision::method)
                        .map(Object::toString)
                        .orElse(null),
                plan.topology().found().orElse(null));
    }
}
