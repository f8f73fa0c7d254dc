package io.quern.boot;

import io.quern.device.HostFacts;

/**
 * The memory there is.
 *
 * @param bytes 0 if it is not known
 * @param text the same for people, with where it comes from
 */
record MemoryLimit(long bytes, String text) {

    static MemoryLimit of(HostFacts host) {
        return new MemoryLimit(host.maxMemoryBytes(), host.memoryText());
    }

    boolean allows(long needed) {
        return bytes == 0 || needed <= bytes;
    }
}
