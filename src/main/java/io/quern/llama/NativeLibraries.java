package io.quern.llama;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/** The library files in a folder. Their names depend on the platform and the build. */
record NativeLibraries(Path folder, Optional<Path> base, Optional<Path> ggml, Optional<Path> llama) {
    /** Builds for GPUs may contain the backend in the name: libllama.cuda.v0.5.0.so. */
    private static final String VERSION_AND_EXTENSION = "(\\.(\\w+\\.)?v?[0-9][0-9.]*)?\\.(so|dylib|dll)";

    private static final Pattern BASE = Pattern.compile("(lib)?ggml-base" + VERSION_AND_EXTENSION);
    private static final Pattern GGML = Pattern.compile("(lib)?ggml" + VERSION_AND_EXTENSION);
    private static final Pattern LLAMA = Pattern.compile("(lib)?llama" + VERSION_AND_EXTENSION);

    static NativeLibraries in(Path folder) {
        return new NativeLibraries(folder, find(folder, BASE), find(folder, GGML), find(folder, LLAMA));
    }

    /**
     * Opens the libraries, dependencies first.
     *
     * @throws LlamaException if one is missing or cannot be opened
     */
    SymbolLookup open() {
        SymbolLookup ggmlBase = open(base, "ggml-base");
        SymbolLookup ggmlMain = open(ggml, "ggml");
        return open(llama, "llama").or(ggmlMain).or(ggmlBase);
    }

    private SymbolLookup open(Optional<Path> file, String name) {
        Path path = file.orElseThrow(() -> new LlamaException(
                LlamaException.Kind.LIBRARY,
                "no lib" + name + " in " + folder
                        + ". Set quern.llama.library to a folder with the libraries of llama.cpp "
                        + LlamaLibrary.EXPECTED_VERSION));
        try {
            return SymbolLookup.libraryLookup(path, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new LlamaException(LlamaException.Kind.LIBRARY, "cannot open " + path + ": " + reason(path), e);
        }
    }

    /** Finds the reason with System.load, which fails in the same way: libraryLookup gives none. */
    private static String reason(Path path) {
        try {
            System.load(path.toAbsolutePath().toString());
            return "unknown reason";
        } catch (UnsatisfiedLinkError e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static Optional<Path> find(Path folder, Pattern name) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(
                folder, file -> name.matcher(file.getFileName().toString()).matches())) {
            Path found = null;
            for (Path file : files) {
                // links point to the file with the shortest name
                if (found == null || file.toString().length() < found.toString().length()) {
                    found = file;
                }
            }
            return Optional.ofNullable(found);
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
