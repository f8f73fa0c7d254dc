package io.quern.device;

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
        List<String> acceleratorNodes) {}
