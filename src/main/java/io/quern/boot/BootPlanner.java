package io.quern.boot;

import io.quern.device.DeviceConfig;
import io.quern.device.DeviceProbe;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.device.HostProbe;
import io.quern.device.ProbeMode;
import io.quern.fork.LauncherProgram;
import io.quern.home.HomeConfig;
import io.quern.home.QuernHome;
import io.quern.jvm.ProbeCommand;
import io.quern.jvm.WorkerRuntime;
import io.quern.launch.Installation;
import io.quern.launch.ProcessProbe;
import io.quern.launch.WorkerConfig;
import io.quern.libraries.LlamaConfig;
import io.quern.libraries.LlamaLibraries;
import io.quern.model.ModelMemory;
import io.quern.model.ServedModel;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.policy.StartMethodPolicy;
import io.quern.process.ChildCommand;
import io.quern.sandbox.PassedVariables;
import io.quern.sandbox.Sandbox;
import io.quern.store.QuantisationChoice;
import io.quern.topology.Measurement;
import io.quern.topology.Topology;
import io.quern.topology.TopologyPolicy;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Looks at everything that a boot needs, once and in this order: home, libraries, Java, launcher, sandbox, devices,
 * start method, model, topology, memory. It unpacks bundled files into the home. The only processes that it starts are
 * the launcher, to ask what the kernel offers, and the device probe.
 */
public final class BootPlanner {
    private final HomeConfig home;
    private final LlamaConfig llama;
    private final WorkerConfig worker;
    private final DeviceConfig device;
    private final ServedModel model;
    private final EngineFacts engine;

    /** @param model the only model, which need not be open yet */
    public BootPlanner(
            HomeConfig home, LlamaConfig llama, WorkerConfig worker, DeviceConfig device, ServedModel model) {
        this(home, llama, worker, device, model, EngineFacts.SINGLE);
    }

    /**
     * @param model the model, which need not be open yet
     * @param engine the engine that serves it
     */
    public BootPlanner(
            HomeConfig home,
            LlamaConfig llama,
            WorkerConfig worker,
            DeviceConfig device,
            ServedModel model,
            EngineFacts engine) {
        this.home = home;
        this.llama = llama;
        this.worker = worker;
        this.device = device;
        this.model = model;
        this.engine = engine;
    }

    /**
     * Plans a start. All parts of the plan are found; {@link BootPlan#confinement} and {@link BootPlan#memoryKeptTo}
     * report whether sandbox and memory suffice. Blocks.
     *
     * @throws RuntimeException the first problem; its message is meant for a person
     */
    public BootPlan plan(WorkersWanted workers) {
        return plan(Purpose.START, workers, Assumptions.NONE);
    }

    /**
     * Plans a start for people, and keeps all problems. It also probes devices if a start would skip the probe.
     * Blocks.
     */
    public BootPlan report(WorkersWanted workers, Assumptions assumptions) {
        return plan(Purpose.REPORT, workers, assumptions);
    }

    private BootPlan plan(Purpose purpose, WorkersWanted workers, Assumptions assumptions) {
        HostFacts host = assumptions.in(HostProbe.look());
        InstallationParts parts = parts(purpose);
        Found<DeviceReport> devices =
                purpose.find(() -> assumptions.devices().orElseGet(() -> devices(purpose, host, parts)));
        Found<Decision> decision = purpose.find(devices, report -> decide(assumptions, host, report, parts));
        Found<ServedModel> opened = purpose.find(() -> opened(parts.home()));
        Found<Placement> placed = opened.then(served -> purpose.find(
                decision,
                decided -> place(
                        assumptions.in(ModelMemory.of(served.metadata())),
                        decided.method(),
                        workers,
                        facts(assumptions, host, devices.orThrow()),
                        assumptions.sameMachine() ? measurement(host, served, parts) : Optional.empty())));
        Found<Topology> topology = placed.map(Placement::topology);
        return new BootPlan(
                host,
                workers,
                parts,
                devices,
                topology.found()
                        .map(chosen -> decision.map(decided -> decided.with(chosen)))
                        .orElse(decision),
                opened,
                topology,
                placed.map(Placement::memory));
    }

    /** The workers, and how they fit into memory. */
    private record Placement(Topology topology, MemoryPlan memory) {}

    private TopologyFacts facts(Assumptions assumptions, HostFacts host, DeviceReport devices) {
        return new TopologyFacts(engine, worker, assumptions.wish(worker).numaBinding(), host, devices);
    }

    private static Optional<Measurement> measurement(HostFacts host, ServedModel served, InstallationParts parts) {
        return parts.home().found().flatMap(folder -> parts.libraries()
                .found()
                .flatMap(libraries -> Measurements.in(folder).find(MeasuredUnder.of(host, served.file(), libraries))));
    }

    private Placement place(
            ModelMemory size,
            StartMethod method,
            WorkersWanted workers,
            TopologyFacts facts,
            Optional<Measurement> measurement) {
        Topology wanted = TopologyPolicy.choose(facts.of(size, method, workers, measurement));
        MemoryPlan memory = MemoryPlan.of(size, method, workers, wanted, worker, facts.host(), facts.devices());
        return new Placement(memory.slots() < wanted.slots() ? wanted.withSlots(memory.slots()) : wanted, memory);
    }

    /**
     * Returns what a measurement can change at the next start like this one.
     *
     * @param plan a plan of this planner, whose parts are found
     */
    public Tuning tuning(BootPlan plan) {
        return new Tuning(plan, worker, engine, measured -> place(
                        ModelMemory.of(plan.model().orThrow().metadata()),
                        plan.decision().orThrow().method(),
                        plan.workers(),
                        facts(Assumptions.NONE, plan.host(), plan.devices().orThrow()),
                        Optional.of(measured))
                .topology());
    }

    /**
     * Returns what chooses the quantisation of a model that is to be downloaded: the best one that fits this machine.
     * Looks at the machine when it is first asked, and blocks then.
     */
    public QuantisationChoice quantisations(WorkersWanted workers) {
        return new FittingQuantisation(() -> memoryPlans(workers));
    }

    private Function<ModelMemory, MemoryPlan> memoryPlans(WorkersWanted workers) {
        HostFacts host = HostProbe.look();
        // an incomplete installation is no reason not to download a model
        InstallationParts parts = parts(Purpose.REPORT);
        DeviceReport devices = devices(Purpose.START, host, parts);
        Decision decision = decide(Assumptions.NONE, host, devices, parts);
        TopologyFacts facts = facts(Assumptions.NONE, host, devices);
        return size ->
                place(size, decision.method(), workers, facts, Optional.empty()).memory();
    }

    private Decision decide(Assumptions assumptions, HostFacts host, DeviceReport devices, InstallationParts parts) {
        return StartMethodPolicy.decide(
                assumptions.wish(worker).withModels(engine.models()),
                host,
                devices,
                assumptions.in(ProcessProbe.look(parts.runtime().found().map(WorkerRuntime::java), parts.program())));
    }

    /**
     * Opens the model only. Blocks on the disk.
     *
     * @throws RuntimeException the problem; its message is meant for a person
     */
    public void open() {
        model.open(() -> QuernHome.locate(home));
    }

    private ServedModel opened(Found<QuernHome> found) {
        model.open(found::orThrow);
        return model;
    }

    /**
     * Finds what workers are started with, for commands that start no workers. Blocks.
     *
     * @throws RuntimeException the first problem; its message is meant for a person
     */
    public Installation installation() {
        return parts(Purpose.START).whole();
    }

    private InstallationParts parts(Purpose purpose) {
        Found<QuernHome> found = purpose.find(() -> QuernHome.locate(home));
        Found<Path> libraries = purpose.find(found, folder -> new LlamaLibraries(llama.library(), folder).folder());
        Found<WorkerRuntime> runtime = purpose.find(found, folder -> WorkerRuntime.find(worker.java(), folder));
        Found<Optional<Path>> launcher = purpose.find(found, LauncherProgram::file);
        Found<Sandbox> sandbox = purpose.find(() -> sandbox(InstallationParts.program(launcher)));
        return new InstallationParts(found, libraries, runtime, launcher, sandbox);
    }

    private Sandbox sandbox(Optional<Path> launcher) {
        return Sandbox.look(
                worker.sandbox(),
                worker.sandboxFiles().orElse(List.of()),
                worker.coreDumps(),
                PassedVariables.ofThisProcess(worker.environment().orElse(List.of())),
                launcher);
    }

    private DeviceReport devices(Purpose purpose, HostFacts host, InstallationParts parts) {
        Supplier<ChildCommand> probe = () -> ProbeCommand.of(
                parts.runtime().found().orElseThrow(() -> new IllegalStateException("no Java was found to run it on")),
                parts.sandbox().orThrow(),
                parts.libraries().found());
        return purpose == Purpose.REPORT && parts.runtime().found().isPresent() && device.probe() != ProbeMode.NEVER
                ? DeviceProbe.run(probe.get(), device.probeTimeout(), host)
                : DeviceProbe.report(device, host, probe);
    }

    /** Probes the devices again, to learn how much of their memory is free now. Blocks. */
    public DeviceReport devicesNow(HostFacts host, Installation installation) {
        // without llama.cpp, which would take device memory itself
        return DeviceProbe.report(
                device, host, () -> ProbeCommand.of(installation.runtime(), installation.sandbox(), Optional.empty()));
    }
}
