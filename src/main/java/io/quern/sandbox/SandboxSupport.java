package io.quern.sandbox;

import io.quern.fork.LauncherProgram;
import io.quern.policy.StartMethod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Describes which means of confining children this machine supports.
 *
 * @param launcher applies the restrictions; empty if it cannot be run
 * @param noLauncher why there is no launcher, or empty if there is one
 * @param driverNeedsPrivileges whether a GPU driver must still run a set-user-ID program, which confined children
 *     cannot do
 */
public record SandboxSupport(
        Optional<Path> launcher, String noLauncher, KernelFeatures kernel, boolean driverNeedsPrivileges) {
    public static final SandboxSupport NONE = new SandboxSupport(Optional.empty(), "", KernelFeatures.NOTHING, false);

    static final String MODPROBE = "/usr/bin/nvidia-modprobe";

    /**
     * Asks the launcher for the kernel's features. The launcher also disables core dumps of the engine if they are not
     * wanted. Blocks for the start of a small process.
     *
     * @param program the result of {@link LauncherProgram#file}
     * @param coreDumps whether the kernel may write core dumps of the engine
     */
    static SandboxSupport look(Optional<Path> program, boolean coreDumps) {
        String problem = program.isEmpty()
                ? "this build has no launcher: it was built without a C compiler or not for Linux"
                : LauncherProgram.problem(program);
        Optional<Path> usable = problem.isEmpty() ? program : Optional.empty();
        return new SandboxSupport(
                usable,
                problem,
                usable.map(file -> KernelFeatures.ask(file, coreDumps)).orElse(KernelFeatures.NOTHING),
                Files.exists(Path.of("/proc/driver/nvidia"))
                        && !Files.exists(Path.of("/dev/nvidia-uvm"))
                        && Files.exists(Path.of(MODPROBE)));
    }

    /** Returns whether workers can be confined by any part of the sandbox. */
    boolean any(StartMethod method, boolean gpu) {
        return method != StartMethod.INLINE
                && launcher.isPresent()
                && !(gpu && driverNeedsPrivileges)
                && (kernel.landlock() > 0 || kernel.seccomp());
    }

    /** Returns why workers cannot be confined by all parts, or empty if they can. */
    Optional<String> missing(StartMethod method, boolean gpu) {
        if (method == StartMethod.INLINE) {
            return Optional.of("start method inline runs them in the engine's process");
        }
        if (launcher.isEmpty()) {
            return Optional.of(noLauncher);
        }
        if (gpu && driverNeedsPrivileges) {
            return Optional.of(
                    "/dev/nvidia-uvm does not exist yet, and a confined worker cannot run the set-user-ID program "
                            + MODPROBE + " that creates it. Run nvidia-modprobe -u -c 0 first");
        }
        if (kernel.landlock() == 0) {
            return Optional.of("the kernel lacks Landlock or forbids it here");
        }
        return kernel.seccomp()
                ? Optional.empty()
                : Optional.of("the kernel has no seccomp filters for this processor");
    }
}
