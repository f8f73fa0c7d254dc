package io.quern.device;

/**
 * What was found out about this host.
 *
 * @param os "linux", "mac", "windows" or what the JVM calls it
 * @param arch as the JVM calls it ("amd64", "aarch64")
 * @param cores processors this process may use, container limits respected
 * @param maxMemoryBytes memory this process may use, container limits respected; 0 where unknown
 */
public record HostFacts(String os, String arch, int cores, long maxMemoryBytes) {}
