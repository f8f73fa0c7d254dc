package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.boot.Assumptions;
import io.quern.boot.BootPlan;
import io.quern.boot.Found;
import io.quern.boot.InstallationParts;
import io.quern.device.ComputeDevice;
import io.quern.device.Device;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.fork.LauncherProgram;
import io.quern.launch.Guard;
import io.quern.launch.GuardCheck;
import io.quern.openai.OpenAccess;
import io.quern.ops.OpsJson;
import io.quern.policy.Decision;
import io.quern.sandbox.Sandbox;
import io.quern.socket.FrameListener;
import io.quern.text.Printable;
import io.quern.topology.Topology;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * Examines what a start would examine and decides as a start would. It starts only the device probe and short-lived
 * test processes.
 */
@RegisterForReflection(targets = {Doctor.Findings.class, Doctor.Check.class, ExaminedModel.View.class, HostFacts.class})
@Command(
        name = "doctor",
        description = "Reports what this machine offers, whether workers can start, and by which method and why."
                + " It starts no worker.",
        exitCodeList = {
            "0:workers can start, and would end with the engine",
            "1:workers cannot start, or might outlive the engine",
            "2:the command line is wrong"
        },
        footer = {
            "  ${COMMAND-FULL-NAME}",
            "  ${COMMAND-FULL-NAME} -Dquern.model=/models/model.gguf",
            "  ${COMMAND-FULL-NAME} --json | jq .decision.method",
            "  ${COMMAND-FULL-NAME} --method fork --set device=nvidia",
            "  ${COMMAND-FULL-NAME} --set cpus=64 --set memory=256G --set weights=40G"
        })
final class Doctor implements Callable<Integer> {
    static final String WARNING = "WARNING: ";

    @Mixin
    CommonOptions common;

    @Option(names = "--json", description = "Prints one JSON object.")
    boolean json;

    @Option(names = "--method", description = "Decides as if quern.worker.start-method had this value.")
    String method;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Assumes a value instead of detecting it: device=none|nvidia|amd|xpu|gaudi, devices=N,"
                    + " device-memory=SIZE, cpus=NUMBER, memory=SIZE, numa-nodes=N, weights=SIZE,"
                    + " device-initialised, engine-device, entry-point, launcher, native-executable,"
                    + " numa-binding, wsl (true|false), launcher-threads=N, os=NAME. Can be repeated.")
    Map<String, String> assumed = Map.of();

    /** @param problem why a start would fail, or null if it would not */
    record Check(String name, String found, String problem) {}

    /**
     * The result, as printed in JSON.
     *
     * @param guarded whether all guards that this platform has worked
     * @param models all models; that of {@code quern.model} first
     * @param decision how the workers of the first model are started
     */
    record Findings(
            boolean canStart,
            boolean guarded,
            List<Check> checks,
            List<Guard> guards,
            HostFacts host,
            DeviceReport devices,
            List<ExaminedModel.View> models,
            Decision decision) {}

    @Override
    public Integer call() {
        Findings findings;
        try {
            findings = look(new GivenAssumptions(method, assumed));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(common.spec.commandLine(), e.getMessage());
        } catch (IllegalStateException e) {
            common.spec.commandLine().getErr().println(Printable.lines("PROBLEM: " + e.getMessage()));
            return 1;
        }
        PrintWriter out = Terminal.of(common.spec.commandLine().getOut());
        if (json) {
            out.print(OpsJson.write(findings));
        } else {
            print(findings, out);
        }
        out.flush();
        return findings.canStart() && findings.guarded() ? 0 : 1;
    }

    private static Findings look(Assumptions assumptions) {
        Settings settings = Settings.read();
        List<ExaminedModel> models = ExaminedModel.all(settings, assumptions);
        BootPlan plan = models.getFirst().plan();
        List<Check> checks = checks(plan, models, settings.access(), assumptions.sameMachine());
        List<Guard> guards = guards(plan.parts());
        return new Findings(
                checks.stream().allMatch(one -> one.problem() == null),
                GuardCheck.failed(guards).isEmpty(),
                checks,
                guards,
                plan.host(),
                plan.devices().orThrow(),
                models.stream().map(ExaminedModel::view).toList(),
                plan.decision().orThrow());
    }

    /**
     * @param sameMachine whether what is measured here applies
     * @throws RuntimeException for a problem that prevents any report, such as a value of the wrong type
     */
    private static List<Check> checks(
            BootPlan plan, List<ExaminedModel> models, OpenAccess access, boolean sameMachine) {
        InstallationParts parts = plan.parts();
        Sandbox sandbox = parts.sandbox().orThrow();
        plan.devices().orThrow();
        plan.decision().orThrow();
        if (plan.topology() instanceof Found.Problem<Topology>(RuntimeException problem)) {
            throw problem;
        }
        List<Check> checks = new ArrayList<>();
        check(checks, "home", parts.home(), home -> home.folder().toString());
        check(checks, "llama.cpp", parts.libraries(), Path::toString);
        checks.addAll(ExaminedModel.files(models));
        check(checks, "launcher", parts.launcher(), Doctor::launcher);
        check(checks, "java", parts.runtime(), runtime -> runtime.java().text());
        checks.add(new Check("network", access.warning().map(WARNING::concat).orElse(access.text()), null));
        checks.addAll(ExaminedModel.memory(models));
        if (sameMachine) {
            checks.addAll(ExaminedModel.weights(models, plan));
        }
        check(checks, "sandbox", plan.confinement(), text -> text);
        checks.add(new Check(
                "environment",
                "workers get " + String.join(", ", sandbox.variables().passed()) + "; "
                        + sandbox.variables().unwanted().size()
                        + " others are not passed on (quern.worker.environment)",
                null));
        return List.copyOf(checks);
    }

    private static <T> void check(List<Check> checks, String name, Found<T> part, Function<T, String> shown) {
        switch (part) {
            case Found.Here<T>(T found) -> checks.add(new Check(name, shown.apply(found), null));
            case Found.Problem<T>(RuntimeException problem) -> checks.add(new Check(name, null, problem.getMessage()));
            case Found.Skipped<T>() -> {}
        }
    }

    private static List<Guard> guards(InstallationParts parts) {
        Optional<Path> usable = parts.program()
                .filter(file -> LauncherProgram.problem(parts.program()).isEmpty());
        return parts.runtime()
                .found()
                .map(runtime -> GuardCheck.run(
                        runtime,
                        parts.sandbox().orThrow(),
                        () -> parts.home().orThrow().run(FrameListener::fits),
                        usable))
                .orElse(List.of());
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
            line(out, "guard", guard.name() + (guard.active() ? ": " : ": NOT ACTIVE: ") + guard.detail());
        }
        Decision decision = findings.decision();
        out.println();
        line(out, "start method", decision.method() + " (requested: " + decision.requested() + ")");
        decision.rules().forEach(rule -> line(out, "  rule", rule.id() + ": " + rule.message()));
        decision.rejected().forEach(other -> line(out, "  not " + other.method(), other.reason()));
        decision.warnings().forEach(warning -> line(out, "  WARNING", warning));
        print(decision.topology(), out);
        findings.models().stream()
                .filter(model -> model.startMethod() != null
                        && !model.startMethod().equals(decision.method().toString()))
                .forEach(model -> line(out, "  of " + model.name(), model.startMethod()));
        findings.models().stream()
                .filter(model -> model.topology() != null && !model.topology().equals(decision.topology()))
                .forEach(model -> line(
                        out,
                        "  of " + model.name(),
                        Objects.requireNonNull(model.topology()).text()));
        out.println();
        out.println(verdict(findings));
    }

    private static void print(@Nullable Topology topology, PrintWriter out) {
        if (topology != null) {
            out.println();
            line(out, "topology", topology.text());
            topology.reasons()
                    .forEach(reason -> line(out, "  " + reason.number(), reason.value() + ": " + reason.message()));
        }
    }

    private static String verdict(Findings findings) {
        if (!findings.canStart()) {
            return "workers CANNOT start: see PROBLEM above";
        }
        if (!findings.guarded()) {
            return "workers can start, but may outlive the engine: see \"NOT ACTIVE\" above";
        }
        boolean warned = !findings.decision().warnings().isEmpty()
                || !findings.devices().problems().isEmpty()
                || findings.checks().stream().anyMatch(check -> check.found().startsWith(WARNING));
        return warned ? "workers can start; see the warnings above" : "workers can start";
    }

    private static String launcher(Optional<Path> file) {
        String problem = LauncherProgram.problem(file);
        return problem.isEmpty()
                ? file.map(Path::toString).orElse("none: this was built without a C compiler")
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
