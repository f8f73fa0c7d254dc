package io.quern.device;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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

    private ProcessorModel() {}

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
