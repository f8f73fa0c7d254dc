package io.quern.model;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model cannot be served because of its file, or because none is named. The message is meant for a person at a
 * terminal.
 */
public final class ModelFileException extends RuntimeException {

    /**
     * @param problem what is wrong, as a clause without a full stop
     * @param advice what to do about it, as a clause without a full stop
     */
    public ModelFileException(Path file, String problem, String advice) {
        this(file, problem, advice, null);
    }

    public ModelFileException(Path file, String problem, String advice, @Nullable Throwable cause) {
        super(file + ": " + problem + "; " + advice, cause);
    }

    private ModelFileException(String message) {
        super(message);
    }

    static ModelFileException noDemoInThisBuild() {
        return new ModelFileException(
                "this build carries no demo model; set QUERN_MODEL=/path/to/model.gguf (or quern.model), or run"
                        + " src/scripts/fetch-smollm2 for a small one and set QUERN_MODEL to the path it prints");
    }
}
