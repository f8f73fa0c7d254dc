package io.quern.device;

import io.quern.settings.ByteFormat;
import java.math.BigDecimal;
import java.util.List;

/**
 * What was found out about this host without touching a device.
 *
 * @param os "linux", "mac", "windows" or what the JVM calls it
 * @param arch as the JVM calls it ("amd64", "aarch64")
 * @param libc "glibc", "musl", or empty where it is neither
 * @param cores processors this process may use, container limits respected
 * @param maxMemoryBytes memory this process may use, container limits respected; 0 where unknown
 * @param numaNodes those with processors and memory that this process may use, ascending, with gaps; empty where the kernel tells none
 * @param wsl whether this is the Windows Subsystem for Linux
 * @param container what kind of container this is ("docker", "podman", "kubernetes", "container"), or empty
 * @param acceleratorNodes device nodes of GPUs and other accelerators
 * @param cpus the same as {@code cores} as a fraction: 0.5 where a quota allows half a core
 * @param cpusLimited whether that is a cgroup's quota
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

    /** "2 cores", "0.5 cores (cgroup)". */
    public String cpusText() {
        String number = BigDecimal.valueOf(Math.round(cpus * 100), 2)
                .stripTrailingZeros()
                .toPlainString();
        return number + (cpus == 1 ? " core" : " cores") + (cpusLimited ? BY_CGROUP : "");
    }

    /** "23.5 GiB", "512 MiB (cgroup)". */
    public String memoryText() {
        return maxMemoryBytes == 0
                ? "memory unknown"
                : ByteFormat.of(maxMemoryBytes) + (memoryLimited ? BY_CGROUP : "");
    }
}
