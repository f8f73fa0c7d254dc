package io.quern.sandbox;

import io.quern.fork.LauncherProgram;
import io.quern.policy.StartMethod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What there is on this machine to confine children with.
 *
 * @param launcher takes from them what they must not have; empty: it cannot be run
 * @param noLauncher why there is none; empty if there is one
 * @param driverNeedsPrivileges whether a GPU's driver has yet to start a set-user-ID program, which confined children cannot
 */
public record SandboxSupport(
        Optional<Path> launcher, String noLauncher, KernelFeatures kernel, boolean driverNeedsPrivileges) {
    public static final SandboxSupport NONE = new SandboxSupport(Optional.empty(), "", KernelFeatures.NOTHING, false);

    static final String MODPROBE = "/usr/bin/nvidia-modprobe";

    /**
     * Asks the launcher what the kernel offers, and has it keep the kernel from dumping the engine's memory too. Blocks for the start of
     * a small process.
     *
     * @param program what {@link LauncherProgram#file} gave
     * @param coreDumps whether the kernel may dump it
     */
    static SandboxSupport look(Optional<Path> program, boolean coreDumps) {
        String problem = program.isEmpty()
                ? "there is no launcher: this build was made without a C compiler, or not for Linux"
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

    /** Whether workers can be confined by any part at all. */
    boolean any(StartMethod method, boolean gpu) {
        return method != StartMethod.INLINE
                && launcher.isPresent()
                && !(gpu && driverNeedsPrivileges)
                && (kernel.landlock() > 0 || kernel.seccomp());
    }

    /** Why workers cannot be confined by all parts; empty if they can. */
    Optional<String> missing(StartMethod method, boolean gpu) {
        if (method == StartMethod.INLINE) {
            return Optional.of("start method inline runs them in the engine's own process");
        }
        if (launcher.isEmpty()) {
            return Optional.of(noLauncher);
        }
        if (gpu && driverNeedsPrivileges) {
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
}
