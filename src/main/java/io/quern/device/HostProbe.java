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

/** Inspects the host from within the JVM. Touches no device. */
public final class HostProbe {
    private HostProbe() {}

    public static HostFacts look() {
        return look(Path.of("/"));
    }

    /** @param root the folder that contains /dev, /proc, /sys and /run; tests pass a recorded tree */
    static HostFacts look(Path root) {
        return look(root, Runtime.getRuntime().availableProcessors(), memory());
    }

    /**
     * @param processors as the JVM counts them; the JVM respects the affinity of this process
     * @param memory in bytes as the JVM reports it, or 0 if unknown
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

    /**
     * Returns nodes of GPUs from NVIDIA, AMD and Intel, and of other accelerators. A plain display adapter has no
     * render node.
     */
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
            // no such folder, so none of them
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

    /** Returns the C library this process runs on, whichever others are installed. */
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

    /** Recognises kernels by Microsoft by their name, such as 5.15.153.1-microsoft-standard-WSL2. */
    private static boolean wsl(Path release) {
        return read(release).toLowerCase(Locale.ROOT).contains("microsoft");
    }

    /**
     * Recognises a container by what its runtime leaves: /.dockerenv, /run/.containerenv, or the variable Kubernetes
     * sets in each pod.
     */
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
