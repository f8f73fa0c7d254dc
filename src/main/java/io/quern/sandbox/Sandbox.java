package io.quern.sandbox;

import io.quern.fork.LauncherProgram;
import io.quern.libraries.GpuBackends;
import io.quern.policy.StartMethod;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the engine's children are kept from. The launcher takes it from them, in C, before they run anything else: from a forked worker after the
 * fork, from a process of its own before it becomes Java. Without a launcher children are as free as the engine.
 */
public final class Sandbox {
    /** Also in {@code src/main/c/confine.c}, which says what the items mean. */
    private static final String NO_CORE = "no-core";

    private static final String NO_NEW_PRIVILEGES = "no-new-privileges";
    private static final List<String> CONFINED = List.of("no-capabilities", "landlock", "seccomp");

    /** What drivers of GPUs are known to be content with. They have not been tried under Landlock. */
    private static final List<String> GPU = List.of("seccomp", "unix", "netlink", "exec", "attributes");

    private final SandboxMode mode;
    private final List<Path> files;
    private final boolean coreDumps;
    private final SandboxSupport support;
    private final PassedVariables variables;

    /**
     * @param files further ones that workers may read
     * @param coreDumps whether the kernel may dump the memory of the engine and its children
     * @param support what this machine has for it
     * @param variables which of the engine's its children get
     */
    public Sandbox(
            SandboxMode mode, List<Path> files, boolean coreDumps, SandboxSupport support, PassedVariables variables) {
        this.mode = mode;
        this.files = files;
        this.coreDumps = coreDumps;
        this.support = support;
        this.variables = variables;
    }

    /**
     * Looks at what this machine has for it, and has the kernel dump no memory of the engine's if that is not wished. Blocks for the
     * start of a small process.
     *
     * @param files further ones that workers may read
     * @param coreDumps whether the kernel may dump the memory of the engine and its children
     * @param variables which of the engine's its children get
     * @param program what {@link LauncherProgram#file} gave
     */
    public static Sandbox look(
            SandboxMode mode, List<Path> files, boolean coreDumps, PassedVariables variables, Optional<Path> program) {
        return new Sandbox(mode, files, coreDumps, SandboxSupport.look(program, coreDumps), variables);
    }

    /** None, and no variables but those that are always passed. */
    public static Sandbox none() {
        return new Sandbox(
                SandboxMode.OFF, List.of(), true, SandboxSupport.NONE, new PassedVariables(System.getenv(), List.of()));
    }

    /** Which of the engine's variables its children get. */
    public PassedVariables variables() {
        return variables;
    }

    /**
     * Why workers cannot have all that is required; empty if they can, or nothing is required.
     *
     * @param libraries the folder with llama.cpp's
     */
    public Optional<String> problem(StartMethod method, Path libraries) {
        return mode == SandboxMode.REQUIRED
                ? support.missing(method, GpuBackends.in(libraries))
                        .map(why -> "quern.worker.sandbox is required, and workers cannot be confined: " + why
                                + ". Set it to auto to start without.")
                : Optional.empty();
    }

    /** Whether workers are confined to what they need at all. */
    public boolean active(StartMethod method, Path libraries) {
        return mode != SandboxMode.OFF && support.any(method, GpuBackends.in(libraries));
    }

    /** A line for people: what workers are kept from, and why not from more. */
    public String text(StartMethod method, Path libraries) {
        if (mode == SandboxMode.OFF) {
            return "off (quern.worker.sandbox); " + cores();
        }
        KernelFeatures kernel = support.kernel();
        boolean gpu = GpuBackends.in(libraries);
        boolean landlock = kernel.landlock() > 0 && (!gpu || mode == SandboxMode.REQUIRED);
        if (!active(method, libraries)) {
            return "not active: " + support.missing(method, gpu).orElse("the kernel offers nothing for it") + "; "
                    + cores();
        }
        List<String> parts = new ArrayList<>();
        parts.add("no new privileges");
        if (landlock) {
            parts.add("only the files they need (Landlock, version " + kernel.landlock() + ")");
        }
        if (kernel.seccomp()) {
            parts.add(
                    gpu
                            ? "no network, tracing or mounts (seccomp)"
                            : "no network, programs, tracing or mounts (seccomp)");
        }
        parts.add(cores());
        String without = landlock
                ? ""
                : kernel.landlock() == 0
                        ? "; without Landlock, which the kernel does not have or allow here"
                        : "; without Landlock, which nobody has tried with drivers of GPUs"
                                + " (quern.worker.sandbox=required has it)";
        return "workers have " + String.join(", ", parts) + without;
    }

    private String cores() {
        return coreDumps
                ? "core dumps"
                : support.launcher().isPresent() ? "no core dumps" : "core dumps as the system has them";
    }

    /** Of a process that loads no model. */
    public List<String> probe() {
        List<String> items = new ArrayList<>();
        if (!coreDumps) {
            items.add(NO_CORE);
        }
        if (mode != SandboxMode.OFF && !support.driverNeedsPrivileges()) {
            items.add(NO_NEW_PRIVILEGES);
        }
        return items;
    }

    /**
     * Of workers, forked or not.
     *
     * @param forked whether it gets its connection from the launcher, and becomes no other program
     * @param crashes where the JVM writes a crash's trace
     * @param reconnects whether it connects again when it has lost its engine: in development mode
     */
    public List<String> worker(NeededFiles needed, Path crashes, boolean forked, boolean reconnects) {
        boolean gpu = GpuBackends.in(needed.libraries());
        if (gpu && support.driverNeedsPrivileges()) {
            return probe();
        }
        List<String> items = model(needed);
        if (items.contains("landlock")) {
            items.add("write=" + OpenFiles.made(crashes));
        }
        if (!gpu && items.contains("seccomp")) {
            // what it runs is executed once, before the filter could tell it from others
            if (!forked) {
                items.add("exec");
            }
            if (!forked || reconnects) {
                items.add("unix");
            }
        }
        return items;
    }

    /**
     * Whether a spawned worker gives up sockets and programs itself, once it is connected: before that it needs them. Not where it
     * connects again, in development mode.
     */
    public boolean seals(Path libraries, boolean reconnects) {
        return mode != SandboxMode.OFF
                && support.launcher().isPresent()
                && support.kernel().seccomp()
                && !reconnects
                && !GpuBackends.in(libraries);
    }

    /** Of the launcher, which forks workers and is kept from no more than they are. */
    public List<String> launcher(NeededFiles needed, Path crashes, boolean reconnects, StartMethod method) {
        List<String> items = worker(needed, crashes, true, reconnects);
        if (items.contains("seccomp") && !items.contains("unix")) {
            items.add("unix");
        }
        if (method == StartMethod.FORK) {
            // it passes signals on to the engine, and whom it has reaped may be anybody
            items.removeIf(item -> item.equals("landlock") || item.indexOf('=') > 0);
        }
        return items;
    }

    /** Of the processes that record the AOT cache: they write into its folder. */
    public List<String> recorder(NeededFiles needed, Path target) {
        if (GpuBackends.in(needed.libraries())) {
            return probe();
        }
        List<String> items = model(needed);
        if (items.contains("landlock")) {
            items.add("keep=" + target.getParent());
        }
        if (items.contains("seccomp")) {
            // what it runs is executed once
            items.addAll(List.of("exec", "unix", "attributes"));
        }
        return items;
    }

    private List<String> model(NeededFiles needed) {
        List<String> items = probe();
        if (mode == SandboxMode.OFF) {
            return items;
        }
        if (mode == SandboxMode.REQUIRED) {
            items.add("required");
        }
        OpenFiles open = new OpenFiles(files, variables);
        boolean gpu = GpuBackends.in(needed.libraries());
        if (gpu) {
            items.addAll(GPU);
            if (mode == SandboxMode.AUTO) {
                return items;
            }
            items.add("landlock");
            items.addAll(open.ofGpu());
        } else {
            items.addAll(CONFINED);
        }
        items.addAll(open.of(needed));
        return items;
    }

    /** The command line of a process that gives up what the items say before it becomes what the command says. */
    public List<String> over(List<String> command, List<String> items) {
        if (support.launcher().isEmpty() || items.isEmpty()) {
            return command;
        }
        List<String> line = new ArrayList<>(List.of(support.launcher().get().toString(), "--run"));
        items.forEach(item -> line.add("--confine=" + item));
        line.add("--");
        line.addAll(command);
        return line;
    }

    /** As one string: of workers that are taken over it must not have changed. */
    public String fingerprint() {
        return mode + " " + files + " " + coreDumps + " " + support.kernel() + " "
                + Map.of("variables", variables.passed());
    }
}
