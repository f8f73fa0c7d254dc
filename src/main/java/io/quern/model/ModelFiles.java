package io.quern.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds the model files in a folder. */
public final class ModelFiles {
    /** The parts of a model after the first, and parts that read images or sound. */
    private static final Pattern NO_MODEL = Pattern.compile(".*-(?!00001)\\d{5}-of-\\d{5}\\.gguf|mmproj.*");

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
        return name.endsWith(".gguf") && !NO_MODEL.matcher(name).matches();
    }
}
