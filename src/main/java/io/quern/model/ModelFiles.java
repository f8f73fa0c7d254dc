package io.quern.model;

import io.quern.store.SplitName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds the model files in a folder. */
public final class ModelFiles {
    /** The beginning of the names of files that read images or sound for a model. */
    private static final String PROJECTOR = "mmproj";

    private ModelFiles() {}

    /** Returns whether this is a folder with at least one model file. */
    public static boolean isFolderOfModels(Path path) {
        return Files.isDirectory(path) && !in(path).isEmpty();
    }

    /**
     * Returns the GGUF files in a folder, by name; of a model in several files the first.
     *
     * @throws ModelFileException if the folder cannot be read
     */
    public static List<Path> in(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> isModel(file.getFileName().toString()) && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new ModelFileException(folder, "it cannot be read (" + e + ")", "Check its permissions", e);
        }
    }

    private static boolean isModel(String name) {
        return name.endsWith(".gguf")
                && !name.startsWith(PROJECTOR)
                && SplitName.of(name).map(SplitName::number).orElse(1) == 1;
    }
}
