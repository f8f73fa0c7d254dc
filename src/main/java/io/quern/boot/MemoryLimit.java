package io.quern.boot;

import io.quern.device.HostFacts;
import io.quern.settings.ByteFormat;

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

    /** Returns what this limit leaves to one model. */
    MemoryLimit within(MemoryShare share) {
        boolean lower = share.limit() > 0 && (bytes == 0 || share.limit() < bytes);
        long all = lower ? share.limit() : bytes;
        String what = lower ? ByteFormat.of(all) + " (quern.catalog.memory-limit)" : text;
        return share.taken() == 0 || all == 0
                ? new MemoryLimit(all, what)
                // at least 1, because 0 means unknown
                : new MemoryLimit(
                        Math.max(1, all - share.taken()),
                        what + ", of which " + ByteFormat.of(share.taken()) + " are for " + share.takers());
    }

    boolean allows(long needed) {
        return bytes == 0 || needed <= bytes;
    }
}
