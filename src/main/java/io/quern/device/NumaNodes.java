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

/** The NUMA nodes with memory of their own that a process can compute on. Their numbers may have gaps. */
final class NumaNodes {
    private static final Pattern RANGE = Pattern.compile("(\\d{1,6})(?:-(\\d{1,6}))?");

    private NumaNodes() {}

    /**
     * Returns the nodes with both processors and memory that this process may use. The limits of a container show only
     * in /proc/self/status, not in /sys.
     *
     * @param root the folder that contains /proc and /sys; tests pass a recorded tree
     * @return ascending; empty if the kernel reports none
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

    /** Parses numbers as the kernel lists them: "0-3,8,10-11". An empty line has none. */
    static BitSet parse(String list) {
        BitSet numbers = new BitSet();
        RANGE.matcher(list).results().forEach(range -> numbers.set(number(range, 1), number(range, 2) + 1));
        return numbers;
    }

    /** Returns an end of the range; a single number is both ends. */
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
            // no such file, so no such nodes
            return "";
        }
    }
}
