package io.quern.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Reads the limits and the use of the control groups (cgroup v1 or v2) that this process and its children are in. Reads
 * the kernel's files itself, because the run time of a native executable may not do so and a JVM rounds half a core up
 * to one.
 *
 * <p>A limit is the smallest one between this process's own group and the root. Every call reads a few small files,
 * which takes about ten microseconds: do not call it on an event loop.
 */
public final class Cgroup {
    /** For "no limit", v1 reports a number of bytes that no machine has. */
    private static final long NO_LIMIT = 1L << 60;

    private final Optional<CgroupFolders> memory;
    private final Optional<CgroupFolders> cpu;
    private final Path root;

    private Cgroup(Path root) {
        this.root = root;
        memory = CgroupFolders.find(root, "memory");
        cpu = CgroupFolders.find(root, "cpu");
    }

    /** Finds the groups of this process. */
    public static Cgroup own() {
        return of(Path.of("/"));
    }

    /** @param root the folder that contains /proc and /sys; tests pass a recorded tree */
    public static Cgroup of(Path root) {
        return new Cgroup(root);
    }

    /** Returns how many bytes of memory the processes of the group may use together; empty without a limit. */
    public OptionalLong memoryLimit() {
        return memory.map(groups -> Stream.concat(
                                groups.folders().stream().map(folder -> limit(groups, folder)),
                                Stream.of(hidden(groups)))
                        .flatMapToLong(OptionalLong::stream)
                        .min())
                .orElse(OptionalLong.empty());
    }

    /**
     * Returns how many bytes count against the memory limit now, whichever process uses them. Excludes pages of files
     * that were not used recently: the kernel reclaims those before it kills a process.
     */
    public OptionalLong memoryInUse() {
        return memory.flatMap(groups -> limiting(groups).map(folder -> {
                    OptionalLong all =
                            number(folder.resolve(groups.unified() ? "memory.current" : "memory.usage_in_bytes"));
                    OptionalLong idle = field(
                            folder.resolve("memory.stat"), groups.unified() ? "inactive_file" : "total_inactive_file");
                    return all.isEmpty() ? all : OptionalLong.of(Math.max(0, all.getAsLong() - idle.orElse(0)));
                }))
                .orElse(OptionalLong.empty());
    }

    /** Returns how many bytes the processes of the group may still allocate together; empty without a limit. */
    public OptionalLong memoryLeft() {
        OptionalLong limit = memoryLimit();
        return limit.isEmpty()
                ? limit
                : OptionalLong.of(Math.max(0, limit.getAsLong() - memoryInUse().orElse(0)));
    }

    /**
     * Returns the peak of what counted against the limit, including pages of files; empty if the kernel does not report
     * it.
     */
    public OptionalLong memoryPeak() {
        return memory.flatMap(groups -> limiting(groups)
                        .map(folder ->
                                number(folder.resolve(groups.unified() ? "memory.peak" : "memory.max_usage_in_bytes"))))
                .orElse(OptionalLong.empty());
    }

    /** Returns how many cores the group may use, where 0.5 is half of one; empty without a limit. */
    public OptionalDouble cpus() {
        return cpu.map(groups -> groups.folders().stream()
                        .map(folder -> groups.unified() ? quota(folder) : quotaV1(folder))
                        .flatMapToDouble(OptionalDouble::stream)
                        .min())
                .orElse(OptionalDouble.empty());
    }

    /**
     * Returns how many processes the kernel has killed for lack of memory since the group was created; on a machine
     * without memory groups, since it booted. Empty if the kernel does not report it.
     */
    public OptionalLong oomKills() {
        // v1 counts only in the killed process's own group, v2 also in the groups above it
        OptionalLong ofGroup = memory.flatMap(groups -> groups.folders().stream()
                        .findFirst()
                        .map(own -> field(
                                own.resolve(groups.unified() ? "memory.events" : "memory.oom_control"), "oom_kill")))
                .orElse(OptionalLong.empty());
        return ofGroup.isPresent() ? ofGroup : field(root.resolve("proc/vmstat"), "oom_kill");
    }

    private static OptionalLong limit(CgroupFolders groups, Path folder) {
        return limited(number(folder.resolve(groups.unified() ? "memory.max" : "memory.limit_in_bytes")));
    }

    /** Returns the limit of groups that are not visible from here. Only v1 reports it. */
    private static OptionalLong hidden(CgroupFolders groups) {
        return groups.unified() || groups.folders().isEmpty()
                ? OptionalLong.empty()
                : limited(field(groups.folders().getFirst().resolve("memory.stat"), "hierarchical_memory_limit"));
    }

    private static OptionalLong limited(OptionalLong bytes) {
        return bytes.isPresent() && bytes.getAsLong() < NO_LIMIT ? bytes : OptionalLong.empty();
    }

    /** Returns the group with the smallest limit, or the process's own one if there is no limit. */
    private static Optional<Path> limiting(CgroupFolders groups) {
        return groups.folders().stream()
                .min(Comparator.comparingLong(folder -> limit(groups, folder).orElse(Long.MAX_VALUE)));
    }

    /** Reads "50000 100000" (microseconds of processor time per period) or "max 100000". */
    private static OptionalDouble quota(Path folder) {
        String[] parts = read(folder.resolve("cpu.max")).split(" ");
        return parts.length == 2 ? share(parse(parts[0]), parse(parts[1])) : OptionalDouble.empty();
    }

    private static OptionalDouble quotaV1(Path folder) {
        return share(number(folder.resolve("cpu.cfs_quota_us")), number(folder.resolve("cpu.cfs_period_us")));
    }

    private static OptionalDouble share(OptionalLong quota, OptionalLong period) {
        return quota.orElse(-1) > 0 && period.orElse(0) > 0
                ? OptionalDouble.of((double) quota.getAsLong() / period.getAsLong())
                : OptionalDouble.empty();
    }

    private static OptionalLong number(Path file) {
        return parse(read(file));
    }

    /** Reads a file with lines such as "oom_kill 3". */
    private static OptionalLong field(Path file, String name) {
        List<String> lines = read(file).lines().toList();
        return lines.stream()
                .filter(line -> line.startsWith(name + " "))
                .findFirst()
                .map(line -> parse(line.substring(name.length() + 1)))
                .orElse(OptionalLong.empty());
    }

    private static OptionalLong parse(String text) {
        try {
            return OptionalLong.of(Long.parseLong(text.strip()));
        } catch (NumberFormatException e) {
            // "max", or no such file
            return OptionalLong.empty();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
