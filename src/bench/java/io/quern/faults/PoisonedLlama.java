package io.quern.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder with the packaged llama.cpp, in which {@code src/bench/c/poison.c} stands before the tokenizer: each worker that is to read a
 * certain text crashes in native code, and no engine can know it before. Needs a C compiler.
 */
final class PoisonedLlama {
    private static final Path SOURCE = Path.of("src/bench/c/poison.c");
    private static final Path LIBRARIES = Path.of("target/classes/io/quern/llama/natives");

    private PoisonedLlama() {}

    /**
     * Makes the folder.
     *
     * @param folder where it is made; it is not there yet
     * @param text that workers die of; without quotes
     * @throws IOException if it cannot be made
     */
    static Path make(Path folder, String text) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        String arch = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
        try (Stream<Path> all = Files.list(LIBRARIES.resolve("linux-" + arch).toAbsolutePath())) {
            for (Path library : all.toList()) {
                Path place = folder.resolve(library.getFileName());
                if (library.getFileName().toString().startsWith("libllama.")) {
                    compile(library, place, text);
                } else {
                    Files.createSymbolicLink(place, library);
                }
            }
        }
        return folder;
    }

    private static void compile(Path real, Path place, String text) throws IOException, InterruptedException {
        Process compiler = new ProcessBuilder(List.of(
                        "cc",
                        "-shared",
                        "-fPIC",
                        "-O2",
                        "-Wall",
                        "-Werror",
                        "-DREAL=\"" + real + "\"",
                        "-DPOISON=\"" + text + "\"",
                        "-o",
                        place.toString(),
                        SOURCE.toString(),
                        "-Wl,--no-as-needed",
                        real.toString(),
                        "-Wl,-rpath," + real.getParent(),
                        "-ldl"))
                .inheritIO()
                .start();
        if (compiler.waitFor() != 0) {
            throw new IOException("the C compiler could not build " + SOURCE + ": exit code " + compiler.exitValue());
        }
    }
}
