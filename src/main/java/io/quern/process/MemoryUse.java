package io.quern.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The memory of a process on this machine.
 *
 * @param resident bytes in memory (RSS); shared pages count fully
 * @param proportional bytes in memory (PSS); a page that n processes share counts as a n-th part. Only the process's
 *     user and root may read it
 */
public record MemoryUse(OptionalLong resident, OptionalLong proportional) {
    private static final Path PROC = Path.of("/proc");
    private static final int KIB = 1024;

    /** Reads {@code /proc}; what cannot be read is empty. Takes some milliseconds for a process with much memory. */
    public static MemoryUse of(long pid) {
        Path folder = PROC.resolve(Long.toString(pid));
        return new MemoryUse(field(folder.resolve("status"), "VmRSS"), field(folder.resolve("smaps_rollup"), "Pss"));
    }

    private static OptionalLong field(Path file, String name) {
        try {
            Matcher line = Pattern.compile("(?m)^" + name + ":\\s+(\\d+) kB$").matcher(Files.readString(file));
            return line.find() ? OptionalLong.of(Long.parseLong(line.group(1)) * KIB) : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
