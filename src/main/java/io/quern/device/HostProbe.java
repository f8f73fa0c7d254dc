package io.quern.device;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Looks at the host from within the JVM. */
public final class HostProbe {
    private HostProbe() {}

    public static HostFacts look() {
        return new HostFacts(
                os(System.getProperty("os.name")),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                memory(),
                acceleratorNodes(Path.of("/dev")));
    }

    /** GPUs of NVIDIA, AMD and Intel, and other accelerators; a lone display adapter has no render node. */
    static List<String> acceleratorNodes(Path dev) {
        List<String> nodes = new ArrayList<>();
        nodes.addAll(matching(dev, "nvidia[0-9]*"));
        nodes.addAll(matching(dev, "kfd"));
        nodes.addAll(matching(dev, "dxg"));
        nodes.addAll(matching(dev, "hl[0-9]*"));
        nodes.addAll(matching(dev.resolve("dri"), "renderD*"));
        nodes.addAll(matching(dev.resolve("accel"), "accel*"));
        return List.copyOf(nodes);
    }

    private static List<String> matching(Path folder, String pattern) {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, pattern)) {
            List<String> names = new ArrayList<>();
            found.forEach(node -> names.add(node.toString()));
            names.sort(null);
            return names;
        } catch (IOException e) {
            // no such folder: none of them
            return List.of();
        }
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
