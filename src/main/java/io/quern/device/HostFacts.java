package io.quern.device;

import io.quern.settings.ByteFormat;
import java.math.BigDecimal;
import java.util.List;

/**
 * The facts about this host that are known without touching a device.
 *
 * @param os "linux", "mac", "windows" or the JVM's name for it
 * @param arch the JVM's name for the architecture ("amd64", "aarch64")
 * @param libc "glibc", "musl", or empty if it is neither
 * @param cores processors this process may use, within the limits of its container
 * @param maxMemoryBytes memory this process may use, within the limits of its container; 0 if unknown
 * @param numaNodes nodes with processors and memory that this process may use, ascending, possibly with gaps; empty if
 *     the kernel reports none
 * @param wsl whether this is the Windows Subsystem for Linux
 * @param container the kind of container ("docker", "podman", "kubernetes", "container"), or empty
 * @param acceleratorNodes device nodes of GPUs and other accelerators
 * @param cpus the same as {@code cores} as a fraction: 0.5 if a quota allows half a core
 * @param cpusLimited whether {@code cpus} is a cgroup's quota
 * @param memoryLimited whether {@code maxMemoryBytes} is a cgroup's limit
 */
public record HostFacts(
        String os,
        String arch,
        String libc,
        int cores,
        long maxMemoryBytes,
        List<Integer> numaNodes,
        boolean wsl,
        String container,
        List<String> acceleratorNodes,
        double cpus,
        boolean cpusLimited,
        boolean memoryLimited) {
    private static final String BY_CGROUP = " (cgroup)";

    /** Returns text such as "2 cores" or "0.5 cores (cgroup)". */
    public String cpusText() {
        String number = BigDecimal.valueOf(Math.round(cpus * 100), 2)
                .stripTrailingZeros()
                .toPlainString();
        return number + (cpus == 1 ? " core" : " cores") + (cpusLimited ? BY_CGROUP : "");
    }

    /** Returns text such as "23.5 GiB" or "512 MiB (cgroup)". */
    public String memoryText() {
        return maxMemoryBytes == 0
                ? "memory unknown"
                : ByteFormat.of(maxMemoryBytes) + (memoryLimited ? BY_CGROUP : "");
    }
}
