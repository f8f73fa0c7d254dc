package io.quern.sandbox;

import io.quern.files.PrivateFolder;
import io.quern.fork.LauncherProgram;
import io.quern.policy.StartMethod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * What the engine's children are kept from. The launcher takes it from them, in C, before they run anything else: from a forked worker after the
 * fork, from a process of its own before it becomes Java. Without a launcher children are as free as the engine.
 */
public final class Sandbox {
    private static final Logger LOG = Logger.getLogger(Sandbox.class);

    /** Also in {@code src/main/c/confine.c}, which says what the items mean. */
    private static final String NO_CORE = "no-core";

    private static final String NO_NEW_PRIVILEGES = "no-new-privileges";
    private static final List<String> CONFINED = List.of("no-capabilities", "landlock", "seccomp");

    /** What drivers of GPUs are known to be content with. They have not been tried under Landlock. */
    private static final List<String> GPU = List.of("seccomp", "unix", "netlink", "exec", "attributes");

    private static final List<String> SYSTEM = List.of(
            "/usr",
            "/lib",
            "/lib32",
            "/lib64",
            "/opt",
            "/nix/store",
            "/proc",
            "/sys",
            "/etc/alternatives",
            "/etc/ld.so.cache",
            "/etc/ld.so.conf",
            "/etc/ld.so.conf.d",
            "/etc/ld.so.preload",
            "/etc/localtime",
            "/etc/timezone",
            "/etc/nsswitch.conf",
            "/etc/passwd",
            "/etc/group",
            "/etc/os-release",
            "/etc/java-25-openjdk");

    private static final List<String> SYSTEM_OF_GPU =
            List.of("/etc/nvidia", "/etc/OpenCL", "/etc/vulkan", "/etc/amd", "/run/nvidia-persistenced", "/run/nvidia");

    private static final List<String> DEVICES =
            List.of("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom");

    /** As {@code src/main/c/check.c} has them. */
    private static final Pattern GPU_DEVICE = Pattern.compile("nvidia.*|dri|kfd|accel|hl.*|dxg|shm");

    private static final Pattern GPU_BACKEND = Pattern.compile("ggml-(cuda|hip|musa|sycl|vulkan|cann|opencl|metal)");

    private static final Pattern PART = Pattern.compile("(.*-)\\d{5}(-of-(\\d{5})\\.gguf)");

    private static final String MODPROBE = "/usr/bin/nvidia-modprobe";

    /** The launcher answers within milliseconds. */
    private static final int PATIENCE_SECONDS = 10;

    /**
     * What the kernel offers.
     *
     * @param landlock version of its interface; 0: none
     */
    public record Kernel(int landlock, boolean seccomp) {
        public static final Kernel NOTHING = new Kernel(0, false);
    }

    private final SandboxMode mode;
    private final List<Path> files;
    private final boolean coreDumps;
    private final Optional<Path> launcher;
    private final String noLauncher;
    private final Kernel kernel;
    private final boolean driverNeedsPrivileges;
    private final PassedVariables variables;

    public Sandbox(
            SandboxMode mode,
            List<Path> files,
            boolean coreDumps,
            Optional<Path> launcher,
            String noLauncher,
            Kernel kernel,
            boolean driverNeedsPrivileges,
            PassedVariables variables) {
        this.mode = mode;
        this.files = files;
        this.coreDumps = coreDumps;
        this.launcher = launcher;
        this.noLauncher = noLauncher;
        this.kernel = kernel;
        this.driverNeedsPrivileges = driverNeedsPrivileges;
        this.variables = variables;
    }

    /**
     * Asks the launcher what the kernel offers, and has it keep the kernel from dumping the engine's memory too. Blocks for the start of a small
     * process.
     *
     * @param files further ones that workers may read
     * @param coreDumps whether the kernel may dump the memory of the engine and its children
     * @param variables which of the engine's its children get
     * @param program what {@link LauncherProgram#file} gave
     */
    public static Sandbox look(
            SandboxMode mode, List<Path> files, boolean coreDumps, PassedVariables variables, Optional<Path> program) {
        String problem = program.isEmpty()
                ? "there is no launcher: this build was made without a C compiler, or not for Linux"
                : LauncherProgram.problem(program);
        Optional<Path> usable = problem.isEmpty() ? program : Optional.empty();
        return new Sandbox(
                mode,
                files,
                coreDumps,
                usable,
                problem,
                usable.map(file -> ask(file, coreDumps)).orElse(Kernel.NOTHING),
                Files.exists(Path.of("/proc/driver/nvidia"))
                        && !Files.exists(Path.of("/dev/nvidia-uvm"))
                        && Files.exists(Path.of(MODPROBE)),
                variables);
    }

    /** None, and no variables but those that are always passed. */
    public static Sandbox none() {
        return new Sandbox(
                SandboxMode.OFF,
                List.of(),
                true,
                Optional.empty(),
                "",
                Kernel.NOTHING,
                false,
                new PassedVariables(System.getenv(), List.of()));
    }

    private static Kernel ask(Path program, boolean coreDumps) {
        List<String> command = new ArrayList<>(List.of(program.toString(), "--confinement"));
        if (!coreDumps) {
            command.add("--no-core=" + ProcessHandle.current().pid());
        }
        Process process = null;
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().clear();
            process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("no answer within " + PATIENCE_SECONDS + " s");
            }
            return kernel(new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
        } catch (IOException e) {
            LOG.warnf("The launcher cannot tell what workers can be kept from: %s", e.getMessage());
            return Kernel.NOTHING;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Kernel.NOTHING;
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }

    static Kernel kernel(String answer) throws IOException {
        Matcher matcher =
                Pattern.compile("landlock (\\d{1,9})\nseccomp ([01])\n").matcher(answer);
        if (!matcher.matches()) {
            throw new IOException("it said: " + answer.strip());
        }
        return new Kernel(Integer.parseInt(matcher.group(1)), matcher.group(2).equals("1"));
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
                ? missing(method, libraries)
                        .map(why -> "quern.worker.sandbox is required, and workers cannot be confined: " + why
                                + ". Set it to auto to start without.")
                : Optional.empty();
    }

    private Optional<String> missing(StartMethod method, Path libraries) {
        if (method == StartMethod.INLINE) {
            return Optional.of("start method inline runs them in the engine's own process");
        }
        if (launcher.isEmpty()) {
            return Optional.of(noLauncher);
        }
        if (gpu(libraries) && driverNeedsPrivileges) {
            return Optional.of("NVIDIA's driver has made no /dev/nvidia-uvm yet, and the set-user-ID program "
                    + MODPROBE + " makes it (run nvidia-modprobe -u -c 0 before)");
        }
        if (kernel.landlock() == 0) {
            return Optional.of("the kernel has no Landlock, or does not allow it here");
        }
        return kernel.seccomp()
                ? Optional.empty()
                : Optional.of("the kernel has no seccomp filters, or not for this processor");
    }

    /** Whether workers are confined to what they need at all. */
    public boolean active(StartMethod method, Path libraries) {
        return mode != SandboxMode.OFF
                && method != StartMethod.INLINE
                && launcher.isPresent()
                && !(gpu(libraries) && driverNeedsPrivileges)
                && (kernel.landlock() > 0 || kernel.seccomp());
    }

    /** A line for people: what workers are kept from, and why not from more. */
    public String text(StartMethod method, Path libraries) {
        if (mode == SandboxMode.OFF) {
            return "off (quern.worker.sandbox); " + cores();
        }
        boolean landlock = kernel.landlock() > 0 && (!gpu(libraries) || mode == SandboxMode.REQUIRED);
        if (!active(method, libraries)) {
            return "not active: " + missing(method, libraries).orElse("the kernel offers nothing for it") + "; "
                    + cores();
        }
        List<String> parts = new ArrayList<>();
        parts.add("no new privileges");
        if (landlock) {
            parts.add("only the files they need (Landlock, version " + kernel.landlock() + ")");
        }
        if (kernel.seccomp()) {
            parts.add(
                    gpu(libraries)
                            ? "no network, tracing or mounts (seccomp)"
                            : "no network, programs, tracing or mounts (seccomp)");
        }
        parts.add(cores());
        String without = landlock
                ? ""
                : kernel.landlock() == 0
                        ? "; without Landlock, which the kernel does not have or allow here"
                        : "; without Landlock, which nobody has tried with drivers of GPUs (quern.worker.sandbox=required has it)";
        return "workers have " + String.join(", ", parts) + without;
    }

    private String cores() {
        return coreDumps ? "core dumps" : launcher.isPresent() ? "no core dumps" : "core dumps as the system has them";
    }

    /** Whether a library in the folder talks to a driver. */
    public static boolean gpu(Path libraries) {
        try (Stream<Path> files = Files.list(libraries)) {
            return files.anyMatch(
                    file -> GPU_BACKEND.matcher(file.getFileName().toString()).find());
        } catch (IOException e) {
            return false;
        }
    }

    /** Of a process that loads no model. */
    public List<String> probe() {
        List<String> items = new ArrayList<>();
        if (!coreDumps) {
            items.add(NO_CORE);
        }
        if (mode != SandboxMode.OFF && !driverNeedsPrivileges) {
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
        boolean gpu = gpu(needed.libraries());
        if (gpu && driverNeedsPrivileges) {
            return probe();
        }
        List<String> items = model(needed);
        if (items.contains("landlock")) {
            items.add("write=" + made(crashes));
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
        return mode != SandboxMode.OFF && launcher.isPresent() && kernel.seccomp() && !reconnects && !gpu(libraries);
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
        if (gpu(needed.libraries())) {
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
        boolean gpu = gpu(needed.libraries());
        if (gpu) {
            items.addAll(GPU);
            if (mode == SandboxMode.AUTO) {
                return items;
            }
            items.add("landlock");
            gpuFiles(items);
        } else {
            items.addAll(CONFINED);
        }
        Set<Path> read = new LinkedHashSet<>();
        SYSTEM.forEach(path -> read.add(Path.of(path)));
        read.add(needed.java());
        read.addAll(needed.classPath());
        libraries(needed.libraries(), read);
        parts(needed.model(), read);
        read.addAll(files);
        // there before the launcher is confined: what is made later is not open to it and its workers
        read.add(made(needed.home().folder().resolve("aot")));
        needed.home().prepared().ifPresent(prepared -> read.add(prepared.resolve("aot")));
        searched(read);
        read.forEach(path -> items.add("read=" + path.toAbsolutePath()));
        DEVICES.forEach(path -> items.add("device=" + path));
        items.add("write=/proc/self");
        return items;
    }

    private static Path made(Path folder) {
        try {
            return PrivateFolder.make(folder);
        } catch (IOException e) {
            LOG.debugf("%s cannot be made: %s", folder, e.getMessage());
            return folder;
        }
    }

    /** What links point to, and what those find beside themselves. */
    private static void libraries(Path folder, Set<Path> read) {
        read.add(folder);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path link : files.filter(Files::isSymbolicLink).toList()) {
                read.add(link.toRealPath().getParent());
            }
        } catch (IOException e) {
            LOG.debugf("llama.cpp's libraries: %s", e.getMessage());
        }
    }

    /** llama.cpp is given the first part, and finds the others by their names. */
    private static void parts(Path model, Set<Path> read) {
        read.add(model);
        Matcher part = PART.matcher(model.getFileName().toString());
        if (part.matches()) {
            for (int number = 1; number <= Integer.parseInt(part.group(3)); number++) {
                read.add(model.resolveSibling(part.group(1) + "%05d".formatted(number) + part.group(2)));
            }
        }
    }

    /** Where the dynamic linker looks for libraries because the environment says so. */
    private void searched(Set<Path> read) {
        for (String folder : variables.value("LD_LIBRARY_PATH").orElse("").split(":")) {
            if (folder.startsWith("/")) {
                read.add(Path.of(folder));
            }
        }
    }

    private void gpuFiles(List<String> items) {
        SYSTEM_OF_GPU.forEach(path -> items.add("read=" + path));
        items.add("execute=" + MODPROBE);
        items.add("keep=/tmp");
        items.add("keep="
                + variables
                        .value("CUDA_CACHE_PATH")
                        .orElse(variables.value("HOME").orElse("/nonexistent") + "/.nv"));
        try (Stream<Path> nodes = Files.list(Path.of("/dev"))) {
            nodes.filter(node ->
                            GPU_DEVICE.matcher(node.getFileName().toString()).matches())
                    .forEach(node -> items.add("device=" + node));
        } catch (IOException e) {
            LOG.debugf("device nodes: %s", e.getMessage());
        }
    }

    /** The command line of a process that gives up what the items say before it becomes what the command says. */
    public List<String> over(List<String> command, List<String> items) {
        if (launcher.isEmpty() || items.isEmpty()) {
            return command;
        }
        List<String> line = new ArrayList<>(List.of(launcher.get().toString(), "--run"));
        items.forEach(item -> line.add("--confine=" + item));
        line.add("--");
        line.addAll(command);
        return line;
    }

    /** As one string: of workers that are taken over it must not have changed. */
    public String fingerprint() {
        return mode + " " + files + " " + coreDumps + " " + kernel + " " + Map.of("variables", variables.passed());
    }
}
