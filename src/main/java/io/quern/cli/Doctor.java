package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.device.ComputeDevice;
import io.quern.device.Device;
import io.quern.device.DeviceProbe;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.device.HostProbe;
import io.quern.device.ProbeMode;
import io.quern.fork.LauncherProgram;
import io.quern.home.QuernHome;
import io.quern.jvm.ProbeCommand;
import io.quern.jvm.WorkerRuntime;
import io.quern.launch.Guard;
import io.quern.launch.GuardCheck;
import io.quern.launch.Launchers;
import io.quern.launch.ProcessProbe;
import io.quern.libraries.LlamaLibraries;
import io.quern.model.ServedModel;
import io.quern.ops.OpsJson;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.policy.StartMethodConfig;
import io.quern.policy.StartMethodPolicy;
import io.quern.pool.MemoryCheck;
import io.quern.pool.MemoryPlan;
import io.quern.pool.PoolConfig;
import io.quern.sandbox.Sandbox;
import io.quern.socket.FrameListener;
import io.quern.text.Printable;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Looks at everything a start would look at, decides as it would, and starts nothing but the device probe and children to throw away. */
@RegisterForReflection(targets = {Doctor.Findings.class, Doctor.Check.class, HostFacts.class})
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Says what this machine offers, how workers would be started and why, and whether they could be."
                + " Exit code 0 if they could and would end with the engine, 1 if not.")
final class Doctor implements Callable<Integer> {
    private static final String WARNING = "WARNING: ";

    @Spec
    CommandSpec spec;

    @Option(names = "--json", description = "Prints one JSON object.")
    boolean json;

    @Option(names = "--method", description = "As if quern.worker.start-method were this.")
    String method;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Assumes something instead of looking: device=none|nvidia|amd|xpu|gaudi, device-initialised,"
                    + " engine-device, entry-point, launcher, native-executable, numa-binding, wsl (true|false),"
                    + " launcher-threads=N, os=NAME. May be given several times.")
    Map<String, String> assumed = Map.of();

    /** @param problem why a start would fail here; null where it would not */
    record Check(String name, String found, String problem) {}

    /**
     * What is printed as JSON.
     *
     * @param guarded whether all guards held that there are here
     */
    record Findings(
            boolean canStart,
            boolean guarded,
            List<Check> checks,
            List<Guard> guards,
            HostFacts host,
            DeviceReport devices,
            Decision decision) {}

    @Override
    public Integer call() {
        Findings findings;
        try {
            findings = look(new Assumptions(assumed));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        } catch (IllegalStateException e) {
            spec.commandLine().getErr().println(Printable.lines("PROBLEM: " + e.getMessage()));
            return 1;
        }
        PrintWriter out = Terminal.of(spec.commandLine().getOut());
        if (json) {
            out.print(OpsJson.write(findings));
        } else {
            print(findings, out);
        }
        out.flush();
        return findings.canStart() && findings.guarded() ? 0 : 1;
    }

    private Findings look(Assumptions assumptions) {
        Settings settings = Settings.read();
        List<Check> checks = new ArrayList<>();
        Optional<QuernHome> home = check(checks, "home", () -> QuernHome.locate(settings.home()), QuernHome::folder);
        Optional<Path> libraries = home.flatMap(folder -> check(
                checks, "llama.cpp", () -> new LlamaLibraries(settings.llama().library(), folder).folder(), f -> f));
        Optional<ServedModel> model = check(
                checks,
                "model",
                () -> {
                    ServedModel served = new ServedModel(settings.model(), settings.home(), settings.template());
                    served.open();
                    served.prepareChats();
                    return served;
                },
                ServedModel::file);
        Optional<Path> launcher = home.flatMap(
                        folder -> check(checks, "launcher", () -> LauncherProgram.file(folder), Doctor::launcher))
                .flatMap(file -> file);
        Optional<WorkerRuntime> runtime = home.flatMap(folder ->
                check(checks, "java", () -> WorkerRuntime.find(settings.worker().java(), folder), found -> found.java()
                        .text()));

        checks.add(new Check(
                "network",
                settings.access()
                        .warning()
                        .map(WARNING::concat)
                        .orElse(settings.access().text()),
                null));
        Sandbox sandbox = Launchers.sandbox(settings.worker(), launcher);
        HostFacts host = assumptions.in(HostProbe.look());
        DeviceReport devices =
                assumptions.devices().orElseGet(() -> devices(settings, host, runtime, sandbox, libraries));
        Decision decision = StartMethodPolicy.decide(
                assumptions.in(wish(settings)),
                host,
                devices,
                assumptions.in(ProcessProbe.look(runtime.map(WorkerRuntime::java), launcher)));
        model.ifPresent(served -> checks.add(memory(settings, served, decision, host, devices)));
        libraries.ifPresent(folder -> checks.add(sandbox(sandbox, decision.method(), folder)));
        checks.add(new Check(
                "environment",
                "children get " + String.join(", ", sandbox.variables().passed()) + "; "
                        + sandbox.variables().unwanted().size()
                        + " others stay with the engine (quern.worker.environment)",
                null));
        boolean canStart = checks.stream().allMatch(one -> one.problem() == null);
        Optional<Path> usable =
                launcher.filter(file -> LauncherProgram.problem(launcher).isEmpty());
        List<Guard> guards = runtime.map(found ->
                        GuardCheck.run(found, sandbox, () -> home.orElseThrow().run(FrameListener::fits), usable))
                .orElse(List.of());
        return new Findings(
                canStart, GuardCheck.failed(guards).isEmpty(), List.copyOf(checks), guards, host, devices, decision);
    }

    private static Check sandbox(Sandbox sandbox, StartMethod method, Path libraries) {
        return sandbox.problem(method, libraries)
                .map(problem -> new Check("sandbox", null, problem))
                .orElseGet(() -> new Check("sandbox", sandbox.text(method, libraries), null));
    }

    private static Check memory(
            Settings settings, ServedModel model, Decision decision, HostFacts host, DeviceReport devices) {
        PoolConfig pool = settings.pool();
        MemoryPlan plan = MemoryPlan.of(
                model.metadata(),
                decision,
                pool,
                settings.worker(),
                host,
                devices,
                pool.workers() + (decision.method() == StartMethod.INLINE ? 0 : pool.standbys()));
        if (plan.problem() == null) {
            return new Check("memory", "fits: " + (plan.lowered().isEmpty() ? plan.text() : plan.lowered()), null);
        }
        return pool.memoryCheck() == MemoryCheck.ENFORCE
                ? new Check("memory", null, plan.problem())
                : new Check("memory", WARNING + plan.problem(), null);
    }

    private StartMethodConfig wish(Settings settings) {
        return method == null
                ? StartMethodConfig.of(
                        settings.worker().startMethod(),
                        settings.worker().numaBinding(),
                        settings.worker().devices())
                : StartMethodConfig.asked("--method", method, settings.worker().numaBinding())
                        .withDevices(settings.worker().devices().orElse(List.of()));
    }

    /** Who asks for it wants it probed, even where a start would save that. */
    private static DeviceReport devices(
            Settings settings,
            HostFacts host,
            Optional<WorkerRuntime> runtime,
            Sandbox sandbox,
            Optional<Path> libraries) {
        return runtime.isEmpty() || settings.device().probe() == ProbeMode.NEVER
                ? DeviceProbe.report(
                        settings.device(),
                        host,
                        () -> ProbeCommand.of(
                                runtime.orElseThrow(() -> new IllegalStateException("there is no Java to run it on")),
                                sandbox,
                                libraries))
                : DeviceProbe.run(
                        ProbeCommand.of(runtime.get(), sandbox, libraries),
                        settings.device().probeTimeout(),
                        host);
    }

    private static <T> Optional<T> check(List<Check> checks, String name, Supplier<T> look, Function<T, Object> shown) {
        try {
            T found = look.get();
            checks.add(new Check(name, shown.apply(found).toString(), null));
            return Optional.of(found);
        } catch (RuntimeException e) {
            checks.add(new Check(name, null, e.getMessage()));
            return Optional.empty();
        }
    }

    private static void print(Findings findings, PrintWriter out) {
        HostFacts host = findings.host();
        line(
                out,
                "host",
                "%s %s%s, %s, %s, NUMA nodes %s%s%s"
                        .formatted(
                                host.os(),
                                host.arch(),
                                host.libc().isEmpty() ? "" : " (" + host.libc() + ")",
                                host.cpusText(),
                                host.memoryText(),
                                host.numaNodes(),
                                host.container().isEmpty() ? "" : ", in " + host.container(),
                                host.wsl() ? ", Windows Subsystem for Linux" : ""));
        DeviceReport devices = findings.devices();
        if (devices.devices().isEmpty()) {
            line(out, "device", "no accelerator");
        }
        devices.devices().forEach(device -> line(out, "device", text(device)));
        devices.computeDevices().forEach(device -> line(out, "computes on", text(device)));
        devices.visibility().forEach((name, value) -> line(out, "variable", name + "=" + value));
        devices.problems().forEach(problem -> line(out, "problem", problem));
        for (Check check : findings.checks()) {
            line(out, check.name(), check.problem() == null ? check.found() : "PROBLEM: " + check.problem());
        }
        for (Guard guard : findings.guards()) {
            line(out, "guard", guard.name() + (guard.active() ? ": " : ": NOT in force: ") + guard.detail());
        }
        Decision decision = findings.decision();
        out.println();
        line(out, "start method", decision.method() + " (asked for: " + decision.requested() + ")");
        decision.rules().forEach(rule -> line(out, "  rule", rule.id() + ": " + rule.message()));
        decision.rejected().forEach(other -> line(out, "  not " + other.method(), other.reason()));
        decision.warnings().forEach(warning -> line(out, "  WARNING", warning));
        out.println();
        out.println(verdict(findings));
    }

    private static String verdict(Findings findings) {
        if (!findings.canStart()) {
            return "workers could NOT be started: see PROBLEM above";
        }
        if (!findings.guarded()) {
            return "workers could be started, but could outlive the engine: see \"NOT in force\" above";
        }
        boolean warned = !findings.decision().warnings().isEmpty()
                || !findings.devices().problems().isEmpty()
                || findings.checks().stream().anyMatch(check -> check.found().startsWith(WARNING));
        return warned ? "workers could be started; see the warnings above" : "workers could be started";
    }

    private static String launcher(Optional<Path> file) {
        String problem = LauncherProgram.problem(file);
        return problem.isEmpty()
                ? file.map(Path::toString).orElse("none: there was no C compiler where this was built")
                : problem + ", so it cannot be run";
    }

    private static void line(PrintWriter out, String name, String text) {
        out.printf("%-16s %s%n", Printable.line(name), Printable.lines(text));
    }

    private static String text(Device device) {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("name", device.name());
        parts.put("id", device.id());
        parts.put(
                "memory",
                device.memoryTotalBytes() == 0 ? "" : memory(device.memoryFreeBytes(), device.memoryTotalBytes()));
        parts.put(
                "capability",
                device.computeCapability().isEmpty() ? "" : "compute capability " + device.computeCapability());
        parts.put("driver", device.driverVersion().isEmpty() ? "" : "driver " + device.driverVersion());
        parts.put("mig", device.mig() ? "MIG" : "");
        parts.put("hidden", device.visible() ? "" : "hidden from workers");
        parts.put("source", "by " + device.source());
        return device.vendor() + ": "
                + String.join(
                        ", ",
                        parts.values().stream().filter(part -> !part.isEmpty()).toList());
    }

    private static String text(ComputeDevice device) {
        return "%s (%s), %s, %s"
                .formatted(
                        device.name(),
                        device.description(),
                        device.type(),
                        memory(device.memoryFreeBytes(), device.memoryTotalBytes()));
    }

    private static String memory(long free, long total) {
        return "%.1f of %.1f GiB free".formatted(free / (double) (1 << 30), total / (double) (1 << 30));
    }
}
