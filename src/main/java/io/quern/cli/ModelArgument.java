package io.quern.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** What users type to name a model. */
final class ModelArgument {
    private ModelArgument() {}

    /**
     * Returns the text that names the model from every working directory: a file by its real path, anything else as it
     * is.
     */
    static String absolute(String typed) {
        try {
            Path file = Path.of(typed);
            return Files.isRegularFile(file) ? file.toRealPath().toString() : typed;
        } catch (InvalidPathException | IOException e) {
            return typed;
        }
    }
}
