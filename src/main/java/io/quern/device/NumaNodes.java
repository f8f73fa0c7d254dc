package io.quern.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The NUMA nodes that a process can compute on with memory of their own; their numbers may have gaps. */
final class NumaNodes {
    private static final Pattern RANGE = Pattern.compile("(\\d{1,6})(?:-(\\d{1,6}))?");

    private NumaNodes() {}

    /**
     * Those with processors and memory, of both some that this process may use: a container's limits hide nodes in
     * /proc/self/status alone, not in /sys.
     *
     * @param root where /proc and /sys lie
     * @return ascending; empty where the kernel tells none
     */
    static List<Integer> look(Path root) {
        Path folder = root.resolve("sys/devices/system/node");
        BitSet nodes = parse(read(folder.resolve("has_cpu")));
        nodes.and(parse(read(folder.resolve("has_memory"))));
        String status = read(root.resolve("proc/self/status"));
        allowed(status, "Mems").ifPresent(nodes::and);
        Optional<BitSet> processors = allowed(status, "Cpus");
        return nodes.stream()
                .filter(node -> {
                    BitSet own = parse(read(folder.resolve("node" + node + "/cpulist")));
                    return processors.map(own::intersects).orElse(true);
                })
                .boxed()
                .toList();
    }

    /** Numbers as the kernel lists them: "0-3,8,10-11"; nothing for an empty line. */
    static BitSet parse(String list) {
        BitSet numbers = new BitSet();
        RANGE.matcher(list).results().forEach(range -> numbers.set(number(range, 1), number(range, 2) + 1));
        return numbers;
    }

    /** The second is the first where the range is one number. */
    private static int number(MatchResult range, int group) {
        return Integer.parseInt(range.group(group) == null ? range.group(1) : range.group(group));
    }

    private static Optional<BitSet> allowed(String status, String what) {
        Matcher line = Pattern.compile("^" + what + "_allowed_list:(.*)$", Pattern.MULTILINE)
                .matcher(status);
        return line.find() ? Optional.of(parse(line.group(1))) : Optional.empty();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            // no such file: no such nodes
            return "";
        }
    }
}
