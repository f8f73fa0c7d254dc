package io.quern.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Holds generations of a packaged engine, so that they are still running when a test examines them. Otherwise even a
 * long answer may be over on a fast machine, and a packaged application accepts no injected faults. The gate is a
 * folder with llama.cpp's libraries in which {@code src/test/c/gate.c} wraps {@code llama_decode}. Skips the test if
 * there is no C compiler.
 */
final class Gate {
    private static final Path SOURCE = Path.of("src/test/c/gate.c");

    /** Enough decodes for the first tokens of a few streams, even if a slow machine cuts their prompts into pieces. */
    private static final int FIRST_TOKENS = 40;

    private final Path libraries;
    private final Path file;
    private final Path next;

    private Gate(Path folder) {
        libraries = folder.resolve("libraries");
        // workers may read this folder
        file = libraries.resolve("closed");
        next = libraries.resolve("next");
    }

    /**
     * Creates an open gate. This JVM deletes its folder at its end. A folder of JUnit's would cause warnings about
     * links.
     */
    static Gate make() {
        try {
            Path folder = Files.createDirectories(Path.of("target/gates"))
                    .resolve(UUID.randomUUID().toString());
            Gate gate = new Gate(Files.createDirectory(folder).toAbsolutePath());
            folder.toFile().deleteOnExit();
            WrappedLlama.build(gate.libraries, SOURCE, "-DGATE=\"" + gate.file + "\"");
            return gate;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns variables for an engine that uses this gate and does not treat a held worker as stuck. */
    Map<String, String> environment() {
        return Map.of("QUERN_LLAMA_LIBRARY", libraries.toString(), "QUERN_POOL_STALL_TIMEOUT", "10m");
    }

    /** Adds {@link #environment()} to variables. */
    Map<String, String> added(Map<String, String> environment) {
        Map<String, String> all = new HashMap<>(environment());
        all.putAll(environment);
        return all;
    }

    /** Closes the gate after the first tokens of streams that begin now. Each must have more than 40 tokens. */
    void closeAfterFirstTokens() {
        closeAfter(FIRST_TOKENS);
    }

    /**
     * Closes the gate after this number of further decodes of each worker, also of workers that start later. A prompt
     * takes some decodes, then each decode generates one token of each stream.
     */
    void closeAfter(int decodes) {
        try {
            Files.writeString(next, Integer.toString(decodes));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets held generations continue. */
    void open() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
