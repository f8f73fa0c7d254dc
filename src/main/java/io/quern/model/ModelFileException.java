package io.quern.model;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model cannot be served because of its file, or because there is none. The message is written for a person at a
 * terminal.
 */
public final class ModelFileException extends RuntimeException {
    private final boolean fileExists;

    /**
     * @param problem what is wrong, as a clause such as "it is empty", without a full stop
     * @param advice what to do about it, as a sentence without a full stop
     */
    public ModelFileException(Path file, String problem, String advice) {
        this(file, problem, advice, null);
    }

    public ModelFileException(Path file, String problem, String advice, @Nullable Throwable cause) {
        this(message(file, problem, advice), true, cause);
    }

    private ModelFileException(String message, boolean fileExists, @Nullable Throwable cause) {
        super(message, cause);
        this.fileExists = fileExists;
    }

    private static String message(Path file, String problem, String advice) {
        return "Cannot use model " + file + ": " + problem + ". " + advice + ".";
    }

    /** There is no file with this path, so the path is wrong. */
    static ModelFileException noFile(Path file, String problem, String advice) {
        return new ModelFileException(message(file, problem, advice), false, null);
    }

    /** Returns whether there is a file, so that the file is to blame and not its path. */
    public boolean fileExists() {
        return fileExists;
    }

    static ModelFileException noDemoInThisBuild() {
        return new ModelFileException(
                "This build contains no demo model. Set QUERN_MODEL=/path/to/model.gguf (quern.model), or run"
                        + " src/scripts/fetch-smollm2 to get a small model and set QUERN_MODEL to the path that it"
                        + " prints.",
                false,
                null);
    }
}
