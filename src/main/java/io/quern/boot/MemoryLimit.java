package io.quern.boot;

import io.quern.device.HostFacts;

/**
 * The memory that is available.
 *
 * @param bytes the limit in bytes, or 0 if unknown
 * @param text the limit and its source, for people
 */
record MemoryLimit(long bytes, String text) {

    static MemoryLimit of(HostFacts host) {
        return new MemoryLimit(host.maxMemoryBytes(), host.memoryText());
    }

    boolean allows(long needed) {
        return bytes == 0 || needed <= bytes;
    }
}
