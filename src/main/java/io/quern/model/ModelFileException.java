package io.quern.model;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model cannot be served because of its file, or because there is none. The message is written for a person at a
 * terminal.
 */
public final class ModelFileException extends RuntimeException {

    /**
     * @param problem what is wrong, as a clause such as "it is empty", without a full stop
     * @param advice what to do about it, as a sentence without a full stop
     */
    public ModelFileException(Path file, String problem, String advice) {
        this(file, problem, advice, null);
    }

    public ModelFileException(Path file, String problem, String advice, @Nullable Throwable cause) {
        super("Cannot use model " + file + ": " + problem + ". " + advice + ".", cause);
    }

    private ModelFileException(String message) {
        super(message);
    }

    static ModelFileException noDemoInThisBuild() {
        return new ModelFileException(
                "This build contains no demo model. Set QUERN_MODEL=/path/to/model.gguf (quern.model), or run"
                        + " src/scripts/fetch-smollm2 to get a small model and set QUERN_MODEL to the path that it"
                        + " prints.");
    }
}
