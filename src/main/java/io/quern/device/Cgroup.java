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
 * The control groups that this process and its children are in, cgroup v1 or v2: what they allow, and what has become of it. Read from the
 * kernel's files by ourselves: a native executable's run-time may not look there at all, and a JVM rounds half a core up to one.
 *
 * <p>A limit is the smallest on the way up from the own group. Every call reads a few small files that the kernel makes up: some ten
 * microseconds, and nothing for an event loop.
 */
public final class Cgroup {
    /** Where v1 means "no limit" it says a number of pages that no machine has. */
    private static final long NO_LIMIT = 1L << 60;

    private final Optional<CgroupFolders> memory;
    private final Optional<CgroupFolders> cpu;
    private final Path root;

    private Cgroup(Path root) {
        this.root = root;
        memory = CgroupFolders.find(root, "memory");
        cpu = CgroupFolders.find(root, "cpu");
    }

    /** Of this process. */
    public static Cgroup own() {
        return of(Path.of("/"));
    }

    /** @param root where /proc and /sys lie: another one for recorded trees */
    public static Cgroup of(Path root) {
        return new Cgroup(root);
    }

    /** Memory that the processes of the group may hold together, in bytes; empty where there is no limit. */
    public OptionalLong memoryLimit() {
        return memory.map(groups -> Stream.concat(
                                groups.folders().stream().map(folder -> limit(groups, folder)),
                                Stream.of(hidden(groups)))
                        .flatMapToLong(OptionalLong::stream)
                        .min())
                .orElse(OptionalLong.empty());
    }

    /**
     * Memory that is in use of that limit, in bytes, by whomever: without pages of files that nobody has looked at of late, which the kernel
     * takes back before it kills anything.
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

    /** The most memory that has ever been in use of that limit, pages of files among it; empty where the kernel does not tell. */
    public OptionalLong memoryPeak() {
        return memory.flatMap(groups -> limiting(groups)
                        .map(folder ->
                                number(folder.resolve(groups.unified() ? "memory.peak" : "memory.max_usage_in_bytes"))))
                .orElse(OptionalLong.empty());
    }

    /** Processors' time that the group may take, in cores: 0.5 is half of one. Empty where there is no limit. */
    public OptionalDouble cpus() {
        return cpu.map(groups -> groups.folders().stream()
                        .map(folder -> groups.unified() ? quota(folder) : quotaV1(folder))
                        .flatMapToDouble(OptionalDouble::stream)
                        .min())
                .orElse(OptionalDouble.empty());
    }

    /**
     * Processes that the kernel has killed for want of memory since the group was made; on a machine without groups for memory, since it was
     * booted. Empty where the kernel does not tell.
     */
    public OptionalLong oomKills() {
        // v1 counts in the killed process's own group alone, v2 on the way up as well
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

    /** Of parents that cannot be seen from here; v1 alone tells of them. */
    private static OptionalLong hidden(CgroupFolders groups) {
        return groups.unified() || groups.folders().isEmpty()
                ? OptionalLong.empty()
                : limited(field(groups.folders().getFirst().resolve("memory.stat"), "hierarchical_memory_limit"));
    }

    private static OptionalLong limited(OptionalLong bytes) {
        return bytes.isPresent() && bytes.getAsLong() < NO_LIMIT ? bytes : OptionalLong.empty();
    }

    /** The group with the smallest limit, else the own one. */
    private static Optional<Path> limiting(CgroupFolders groups) {
        return groups.folders().stream()
                .min(Comparator.comparingLong(folder -> limit(groups, folder).orElse(Long.MAX_VALUE)));
    }

    /** "50000 100000": microseconds of so many; or "max 100000". */
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

    /** Of a file with lines such as "oom_kill 3". */
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
            // "max", or there is no such file
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
