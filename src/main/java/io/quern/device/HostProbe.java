package io.quern.device;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Looks at the host from within the JVM; touches no device. */
public final class HostProbe {
    private HostProbe() {}

    public static HostFacts look() {
        return look(Path.of("/"));
    }

    /** @param root where /dev, /proc, /sys and /run lie: another one for recorded trees */
    static HostFacts look(Path root) {
        return look(root, Runtime.getRuntime().availableProcessors(), memory());
    }

    /**
     * @param processors as the JVM counts them, which knows what this process is bound to
     * @param memory as the JVM knows it; 0: not at all
     */
    static HostFacts look(Path root, int processors, long memory) {
        Cgroup cgroup = Cgroup.of(root);
        double quota = cgroup.cpus().orElse(Double.POSITIVE_INFINITY);
        long limit = cgroup.memoryLimit().orElse(Long.MAX_VALUE);
        boolean memoryLimited = limit <= (memory == 0 ? Long.MAX_VALUE - 1 : memory);
        return new HostFacts(
                os(System.getProperty("os.name")),
                System.getProperty("os.arch"),
                libc(root.resolve("proc/self/maps")),
                (int) Math.min(processors, Math.ceil(quota)),
                memoryLimited ? limit : memory,
                NumaNodes.look(root),
                wsl(root.resolve("proc/sys/kernel/osrelease")),
                container(root),
                acceleratorNodes(root.resolve("dev")),
                Math.min(processors, quota),
                quota <= processors,
                memoryLimited);
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

    /** The one this process runs on, whatever others are installed. */
    private static String libc(Path maps) {
        try (Stream<String> lines = Files.lines(maps)) {
            return lines.map(line -> line.contains("/ld-musl-") ? "musl" : line.contains("/libc.so.6") ? "glibc" : "")
                    .filter(name -> !name.isEmpty())
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }

    /** As Microsoft's kernels call themselves: 5.15.153.1-microsoft-standard-WSL2. */
    private static boolean wsl(Path release) {
        return read(release).toLowerCase(Locale.ROOT).contains("microsoft");
    }

    /** By what the runtimes leave: /.dockerenv, /run/.containerenv, the variable Kubernetes sets in each pod. */
    private static String container(Path root) {
        if (System.getenv("KUBERNETES_SERVICE_HOST") != null) {
            return "kubernetes";
        }
        if (Files.exists(root.resolve("run/.containerenv"))) {
            return "podman";
        }
        if (Files.exists(root.resolve(".dockerenv"))) {
            return "docker";
        }
        return System.getenv("container") == null ? "" : "container";
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static long memory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                ? os.getTotalMemorySize()
                : 0;
    }
}
