package io.quern.device;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Describes the processor of this machine, so that a measured speed can be told from that of another one. */
public final class ProcessorModel {
    public static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    /** What does not change in /proc/cpuinfo while the machine runs. */
    private static final List<String> FIXED = List.of(
            "vendor_id",
            "cpu family",
            "model",
            "model name",
            "stepping",
            "flags",
            "CPU implementer",
            "CPU part",
            "CPU variant",
            "Features");

    private static final Set<String> X86 = Set.of("amd64", "x86_64");

    /** A processor with AMX has this flag. */
    private static final String AMX = "amx_tile";

    private ProcessorModel() {}

    /** Returns whether this machine has an x86 processor with 64 bits. */
    public static boolean isX86() {
        return X86.contains(System.getProperty("os.arch"));
    }

    /** Returns whether this machine's processor has AMX, which multiplies tiles of matrices. */
    public static boolean hasAmx() {
        return in(CPU_INFO).contains(AMX);
    }

    /**
     * Returns the lines about the first processor, or the architecture if there are none. The other processors are the
     * same or slower.
     *
     * @param cpuInfo the kernel's description of the processors
     */
    public static String in(Path cpuInfo) {
        List<String> lines = new ArrayList<>();
        // the kernel needs time for each processor that is read; the charset decodes any bytes
        try (BufferedReader file = Files.newBufferedReader(cpuInfo, StandardCharsets.ISO_8859_1)) {
            for (String line = file.readLine(); line != null && !line.isEmpty(); line = file.readLine()) {
                if (FIXED.contains(line.split(":", 2)[0].strip())) {
                    lines.add(line);
                }
            }
        } catch (IOException e) {
            // not Linux
        }
        return lines.isEmpty() ? System.getProperty("os.arch") : String.join("\n", lines);
    }
}
