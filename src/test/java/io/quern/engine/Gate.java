package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Holds generations of a packaged engine, so that they are still running when a test examines them. Otherwise even a
 * long answer may be over on a fast machine, and a packaged application accepts no injected faults. The gate is a
 * folder with llama.cpp's libraries in which {@code src/test/c/gate.c} wraps {@code llama_decode}. Skips the test if
 * there is no C compiler.
 */
final class Gate {
    private static final Path SOURCE = Path.of("src/test/c/gate.c");
    private static final Path LIBRARIES = Path.of("target/classes/io/quern/llama/natives");

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
            gate.build();
            return gate;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void build() throws IOException {
        Files.createDirectory(libraries).toFile().deleteOnExit();
        String arch = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
        try (Stream<Path> all = Files.list(LIBRARIES.resolve("linux-" + arch).toAbsolutePath())) {
            for (Path library : all.toList()) {
                Path place = libraries.resolve(library.getFileName());
                if (library.getFileName().toString().startsWith("libllama.")) {
                    compile(library, place);
                } else {
                    Files.createSymbolicLink(place, library);
                }
                place.toFile().deleteOnExit();
            }
        }
    }

    private void compile(Path real, Path place) throws IOException {
        List<String> command = new ArrayList<>(List.of("cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror"));
        command.addAll(List.of("-DREAL=\"" + real + "\"", "-DGATE=\"" + file + "\""));
        command.addAll(List.of("-o", place.toString(), SOURCE.toString(), "-Wl,--no-as-needed", real.toString()));
        command.addAll(List.of("-Wl,-rpath," + real.getParent(), "-ldl"));
        try {
            assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                    .isZero();
        } catch (IOException e) {
            assumeTrue(false, "skipped: there is no C compiler");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
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
