package io.quern.libraries;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Detects libraries of llama.cpp that use a GPU driver, some as soon as they are loaded. */
public final class GpuBackends {
    private static final Pattern NAME = Pattern.compile("ggml-(cuda|hip|musa|sycl|vulkan|cann|opencl|metal)");

    private GpuBackends() {}

    /** Returns whether the folder contains one. */
    public static boolean in(Path libraries) {
        try (Stream<Path> files = Files.list(libraries)) {
            return files.anyMatch(
                    file -> NAME.matcher(file.getFileName().toString()).find());
        } catch (IOException e) {
            return false;
        }
    }
}
