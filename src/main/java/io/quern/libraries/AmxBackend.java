package io.quern.libraries;

import java.nio.file.Files;
import java.nio.file.Path;

/** Detects llama.cpp's prebuilt backend for processors with AMX, which it prefers to all others where it works. */
public final class AmxBackend {
    private static final String NAME = "libggml-cpu-sapphirerapids.so";

    private AmxBackend() {}

    /** Returns whether the folder contains it. Libraries that somebody has built may use AMX without it. */
    public static boolean in(Path libraries) {
        return Files.isRegularFile(libraries.resolve(NAME));
    }
}
