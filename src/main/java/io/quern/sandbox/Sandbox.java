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
 * Restricts the engine's children. The launcher, a C program, applies the restrictions before they run anything else:
 * to a forked worker after the fork, and to another process before it executes Java. Without a launcher children have
 * the engine's rights.
 */
public final class Sandbox {
    /** The items; {@code src/main/c/confine.c} explains them. */
    private static final String NO_CORE = "no-core";

    private static final String NO_NEW_PRIVILEGES = "no-new-privileges";
    private static final List<String> CONFINED = List.of("no-capabilities", "landlock", "seccomp");

    /** The items with which GPU drivers are known to work. They have not been tested under Landlock. */
    private static final List<String> GPU = List.of("seccomp", "unix", "netlink", "exec", "attributes");

    private final SandboxMode mode;
    private final List<Path> files;
    private final boolean coreDumps;
    private final SandboxSupport support;
    private final PassedVariables variables;

    /**
     * @param files additional files that workers may read
     * @param coreDumps whether the kernel may write core dumps of the engine and its children
     * @param support what this machine supports
     * @param variables selects the environment variables that the children get
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
     * Detects what this machine supports, and disables core dumps of the engine if they are not wanted. Blocks for the
     * start of a small process.
     *
     * @param files additional files that workers may read
     * @param coreDumps whether the kernel may write core dumps of the engine and its children
     * @param variables selects the environment variables that the children get
     * @param program the result of {@link LauncherProgram#file}
     */
    public static Sandbox look(
            SandboxMode mode, List<Path> files, boolean coreDumps, PassedVariables variables, Optional<Path> program) {
        return new Sandbox(mode, files, coreDumps, SandboxSupport.look(program, coreDumps), variables);
    }

    /** Returns a sandbox without restrictions, in which children get only the default variables. */
    public static Sandbox none() {
        return new Sandbox(
                SandboxMode.OFF, List.of(), true, SandboxSupport.NONE, new PassedVariables(System.getenv(), List.of()));
    }

    /** Returns the selection of environment variables that children get. */
    public PassedVariables variables() {
        return variables;
    }

    /**
     * Returns why workers cannot be confined as required, or empty if they can or nothing is required.
     *
     * @param libraries the folder with llama.cpp's libraries
     */
    public Optional<String> problem(StartMethod method, Path libraries) {
        return mode == SandboxMode.REQUIRED
                ? support.missing(method, GpuBackends.in(libraries))
                        .map(why -> "quern.worker.sandbox is required, but workers cannot be confined: " + why
                                + ". To start without a sandbox, set it to auto.")
                : Optional.empty();
    }

    /** Returns whether workers are confined by any part of the sandbox. */
    public boolean active(StartMethod method, Path libraries) {
        return mode != SandboxMode.OFF && support.any(method, GpuBackends.in(libraries));
    }

    /** Returns a line for operators: the restrictions of workers, and why there are not more. */
    public String text(StartMethod method, Path libraries) {
        if (mode == SandboxMode.OFF) {
            return "off (quern.worker.sandbox); " + cores();
        }
        KernelFeatures kernel = support.kernel();
        boolean gpu = GpuBackends.in(libraries);
        boolean landlock = kernel.landlock() > 0 && (!gpu || mode == SandboxMode.REQUIRED);
        if (!active(method, libraries)) {
            return "not active: " + support.missing(method, gpu).orElse("the kernel has no feature for it") + "; "
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
                        ? "; no Landlock, because the kernel lacks it or forbids it here"
                        : "; no Landlock, because it is untested with GPU drivers"
                                + " (quern.worker.sandbox=required enables it)";
        return "workers have " + String.join(", ", parts) + without;
    }

    private String cores() {
        return coreDumps
                ? "core dumps"
                : support.launcher().isPresent() ? "no core dumps" : "core dumps as the system is configured";
    }

    /** Returns the restrictions of a process that loads no model. */
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
     * Returns the restrictions of a worker.
     *
     * @param forked whether the launcher forks it, so that it inherits its connection and executes no program
     * @param crashes the folder for crash reports of the JVM
     * @param reconnects whether it reconnects after it has lost its engine, as in development mode
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
            // it executes one program, which the filter cannot distinguish from others
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
     * Returns whether a spawned worker gives up sockets and programs itself after it has connected, since it needs them
     * before. It keeps them if it reconnects, in development mode.
     */
    public boolean seals(Path libraries, boolean reconnects) {
        return mode != SandboxMode.OFF
                && support.launcher().isPresent()
                && support.kernel().seccomp()
                && !reconnects
                && !GpuBackends.in(libraries);
    }

    /** Returns the restrictions of the launcher, which are at most those of its workers. */
    public List<String> launcher(NeededFiles needed, Path crashes, boolean reconnects, StartMethod method) {
        List<String> items = worker(needed, crashes, true, reconnects);
        if (items.contains("seccomp") && !items.contains("unix")) {
            items.add("unix");
        }
        if (method == StartMethod.FORK) {
            // it passes signals on to the engine and reaps any process
            items.removeIf(item -> item.equals("landlock") || item.indexOf('=') > 0);
        }
        return items;
    }

    /** Returns the restrictions of processes that record the AOT cache; they may write to its folder. */
    public List<String> recorder(NeededFiles needed, Path target) {
        if (GpuBackends.in(needed.libraries())) {
            return probe();
        }
        List<String> items = model(needed);
        if (items.contains("landlock")) {
            items.add("keep=" + target.getParent());
        }
        if (items.contains("seccomp")) {
            // it executes one program
            items.addAll(List.of("exec", "unix", "attributes"));
        }
        return items;
    }

    /**
     * Returns the restrictions of a process that works on model files.
     *
     * @param other a further file that it reads
     * @param written the only file that it writes; it must exist
     */
    public List<String> weights(NeededFiles needed, Optional<Path> other, Optional<Path> written) {
        boolean gpu = GpuBackends.in(needed.libraries());
        if (gpu && support.driverNeedsPrivileges()) {
            return probe();
        }
        List<String> items = model(needed);
        if (items.contains("landlock")) {
            other.ifPresent(file -> items.add("read=" + file));
            written.ifPresent(file -> items.add("write=" + file));
        }
        if (!gpu && items.contains("seccomp")) {
            // it executes one program
            items.add("exec");
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

    /** Returns a command line that applies the restrictions and then executes the command. */
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

    /** Returns all settings as one string. It must not change for workers that are taken over. */
    public String fingerprint() {
        return mode + " " + files + " " + coreDumps + " " + support.kernel() + " "
                + Map.of("variables", variables.passed());
    }
}
