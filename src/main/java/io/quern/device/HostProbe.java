package io.quern.device;

import java.lang.management.ManagementFactory;
import java.util.Locale;

/** Looks at the host from within the JVM. */
public final class HostProbe {
    private HostProbe() {}

    public static HostFacts look() {
        return new HostFacts(
                os(System.getProperty("os.name")),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                memory());
    }

    static String os(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.startsWith("mac")) {
            return "mac";
        }
        return lower.startsWith("windows") ? "windows" : lower;
    }

    private static long memory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                ? os.getTotalMemorySize()
                : 0;
    }
}
