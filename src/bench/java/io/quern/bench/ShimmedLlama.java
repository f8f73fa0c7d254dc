package io.quern.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes a folder with the packaged llama.cpp in which a small library of ours replaces libllama and calls the real one.
 * It can so change native code without the engine noticing. Needs a C compiler.
 */
public final class ShimmedLlama {
    private static final Path LIBRARIES = Path.of("target/classes/io/quern/llama/natives");

    private static final Duration COMPILATION = Duration.ofSeconds(60);

    private ShimmedLlama() {}

    /**
     * Makes the folder.
     *
     * @param folder the folder to make, which must not exist
     * @param source source of the library in C; the macro REAL is the path of the real library
     * @param defines more options for the compiler, such as {@code -DPORT=1}
     * @throws IOException if the library cannot be built
     */
    public static Path make(Path folder, Path source, List<String> defines) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        String arch = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
        try (Stream<Path> all = Files.list(LIBRARIES.resolve("linux-" + arch).toAbsolutePath())) {
            for (Path library : all.toList()) {
                Path place = folder.resolve(library.getFileName());
                if (library.getFileName().toString().startsWith("libllama.")) {
                    compile(source, defines, library, place);
                } else {
                    Files.createSymbolicLink(place, library);
                }
            }
        }
        return folder;
    }

    private static void compile(Path source, List<String> defines, Path real, Path place)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of("cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-DREAL=\"" + real + "\""));
        command.addAll(defines);
        command.addAll(List.of(
                "-o",
                place.toString(),
                source.toString(),
                "-Wl,--no-as-needed",
                real.toString(),
                "-Wl,-rpath," + real.getParent(),
                "-ldl"));
        Process compiler = new ProcessBuilder(command).inheritIO().start();
        if (!compiler.waitFor(COMPILATION)) {
            compiler.destroyForcibly();
            throw new IOException("cannot build " + source + ": the C compiler has not ended within " + COMPILATION);
        }
        if (compiler.exitValue() != 0) {
            throw new IOException(
                    "cannot build " + source + ": the C compiler ended with exit code " + compiler.exitValue());
        }
    }
}
