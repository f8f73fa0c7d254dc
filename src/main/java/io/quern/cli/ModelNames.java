package io.quern.cli;

import io.quern.store.ModelReference;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the names of models on the command line. */
final class ModelNames {
    private ModelNames() {}

    /**
     * Reads a name that must be one of the hub or of a web server.
     *
     * @param what what the command would have done, such as {@code downloaded}
     * @throws CommandFailure if it names another model
     * @throws io.quern.store.StoreException if it cannot be a name
     */
    static ModelReference.Remote remote(String name, String what) {
        return switch (ModelReference.parse(name)) {
            case ModelReference.Remote remote -> remote;
            case ModelReference.Demo demo ->
                throw new CommandFailure(
                        ExitCode.USAGE, demo + " is a part of the application and cannot be " + what + ".");
            case ModelReference.LocalFile file ->
                throw new CommandFailure(
                        ExitCode.USAGE,
                        "\"" + file + "\" is the path of a file and cannot be " + what + "." + hint(file));
        };
    }

    /**
     * Returns the path of a file.
     *
     * @throws CommandFailure if there is none
     */
    static Path existing(ModelReference.LocalFile file) {
        if (!Files.exists(file.path())) {
            throw new CommandFailure(
                    ExitCode.NOT_FOUND,
                    "There is no file \"" + file.path().toAbsolutePath().normalize() + "\"." + hint(file));
        }
        return file.path();
    }

    /** Returns a sentence for users who have forgotten the prefix of the hub. */
    static String hint(ModelReference.LocalFile file) {
        return file.asHub()
                .map(hub -> " A model of the hub is written " + hub + ".")
                .orElse(" Models of the hub are written hf:OWNER/REPO.");
    }
}
