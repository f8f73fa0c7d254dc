package io.quern.device;

import java.util.List;

/**
 * What was found out about this host.
 *
 * @param os "linux", "mac", "windows" or what the JVM calls it
 * @param arch as the JVM calls it ("amd64", "aarch64")
 * @param cores processors this process may use, container limits respected
 * @param maxMemoryBytes memory this process may use, container limits respected; 0 where unknown
 * @param acceleratorNodes device nodes of GPUs and other accelerators
 */
public record HostFacts(String os, String arch, int cores, long maxMemoryBytes, List<String> acceleratorNodes) {}
