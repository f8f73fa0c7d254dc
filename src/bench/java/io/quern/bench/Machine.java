package io.quern.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

/** Describes this machine and measures its processes. Reads /proc, so it works on Linux only. */
public final class Machine {
    private static final double TICK_SECONDS = 0.01; // USER_HZ is 100 on every Linux that Java runs on

    private Machine() {}

    /** Returns the number of inference threads for both services: one core stays free for everything else. */
    static int threads() {
        return Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
    }

    public static String description() {
        return "%s, %d cores, %.0f GiB of memory, Linux %s, JDK %s"
                .formatted(
                        field(Path.of("/proc/cpuinfo"), "model name"),
                        Runtime.getRuntime().availableProcessors(),
                        memoryBytes() / (double) (1 << 30),
                        System.getProperty("os.version"),
                        Runtime.version());
    }

    public static long memoryBytes() {
        return kibibytes(field(Path.of("/proc/meminfo"), "MemTotal")) << 10;
    }

    /** Returns the load average of the last minute. */
    static String load() {
        return read(Path.of("/proc/loadavg")).split(" ")[0];
    }

    /** Describes the machine and its load, for the tables of a run that begins now. */
    public static String measured(int threads) {
        return measured(" with %d inference thread%s".formatted(threads, threads == 1 ? "" : "s"));
    }

    /**
     * Describes the machine and its load, for the tables of a run that begins now.
     *
     * @param how continues the sentence after the date
     */
    public static String measured(String how) {
        return """
                Measured on %s%s; load average %s in the minute before. The machine:
                %s.

                """.formatted(LocalDate.now(ZoneOffset.UTC), how, load(), description());
    }

    /** Returns which figures are comparable with those of this processor: "amx" if it has AMX, otherwise "other". */
    static String kind() {
        return field(Path.of("/proc/cpuinfo"), "flags").contains(" amx_tile") ? "amx" : "other";
    }

    static double cpuSeconds(ProcessHandle process) {
        String stat = read(Path.of("/proc", Long.toString(process.pid()), "stat"));
        // The second field, a name in parentheses, may contain blanks.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_SECONDS;
    }

    public static double residentMebibytes(ProcessHandle process) {
        return kibibytes(field(Path.of("/proc", Long.toString(process.pid()), "status"), "VmRSS")) / 1024.0;
    }

    /** Returns the MiB of pages that the process has written and shares with no other process. */
    static double privateDirtyMebibytes(ProcessHandle process) {
        return mapped(process, "Private_Dirty");
    }

    /** Returns the resident MiB; of a page that n processes share it counts one n-th. */
    static double proportionalMebibytes(ProcessHandle process) {
        return mapped(process, "Pss:");
    }

    private static double mapped(ProcessHandle process, String name) {
        return kibibytes(field(Path.of("/proc", Long.toString(process.pid()), "smaps_rollup"), name)) / 1024.0;
    }

    private static long kibibytes(String value) {
        return Long.parseLong(value.toLowerCase(Locale.ROOT).replace("kb", "").strip());
    }

    private static String field(Path file, String name) {
        return read(file)
                .lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(name + " is not in " + file));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
