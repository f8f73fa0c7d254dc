package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder with llama.cpp's libraries for {@code QUERN_LLAMA_LIBRARY}. Its libllama is a C source of the tests that
 * wraps a function of the real one, whose path is its macro REAL.
 */
final class WrappedLlama {
    private static final Path LIBRARIES = Path.of("target/classes/io/quern/llama/natives");

    private WrappedLlama() {}

    /**
     * Builds it. Skips the test if there is no C compiler. This JVM deletes the files at its end.
     *
     * @param folder an absolute path, where nothing exists yet
     * @param options options of the compiler, such as macros
     */
    static void build(Path folder, Path source, String... options) throws IOException {
        Files.createDirectory(folder).toFile().deleteOnExit();
        String arch = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
        try (Stream<Path> all = Files.list(LIBRARIES.resolve("linux-" + arch).toAbsolutePath())) {
            for (Path library : all.toList()) {
                Path place = folder.resolve(library.getFileName());
                if (library.getFileName().toString().startsWith("libllama.")) {
                    compile(source, List.of(options), library, place);
                } else {
                    Files.createSymbolicLink(place, library);
                }
                place.toFile().deleteOnExit();
            }
        }
    }

    private static void compile(Path source, List<String> options, Path real, Path place) {
        List<String> command = new ArrayList<>(List.of("cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror"));
        command.add("-DREAL=\"" + real + "\"");
        command.addAll(options);
        command.addAll(List.of("-o", place.toString(), source.toString(), "-Wl,--no-as-needed", real.toString()));
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
}
