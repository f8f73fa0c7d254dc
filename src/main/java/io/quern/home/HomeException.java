package io.quern.home;

import io.quern.files.UntrustedFileException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Quern's folder cannot be used. The message names the folder and says how to configure another. */
public final class HomeException extends RuntimeException {
    private static final String ADVICE = ". Set QUERN_HOME (quern.home) to a folder that Quern can write to.";

    private final transient @Nullable Path folder;

    HomeException(Path folder, IOException cause) {
        this(
                folder,
                cause instanceof UntrustedFileException untrusted
                        ? "Cannot use Quern's folder " + folder + ": " + untrusted.text()
                                + " Or set QUERN_HOME (quern.home) to another folder."
                        : "Cannot write to Quern's folder " + folder + ": " + reason(folder, cause) + ADVICE,
                cause);
    }

    private HomeException(Path folder, String message, IOException cause) {
        super(message, cause);
        this.folder = folder;
    }

    /** Reports that another user could have changed the prepared folder, or that it cannot be examined. */
    static HomeException prepared(Path folder, IOException cause) {
        return new HomeException(
                folder,
                "Cannot use the prepared folder " + folder + ": "
                        + (cause instanceof UntrustedFileException untrusted
                                ? untrusted.text()
                                : cause.toString() + ".")
                        + " Or unset QUERN_PREPARED (quern.prepared) to start without it.",
                cause);
    }

    /** Reports that a socket fits neither into Quern's folder nor into the system's temporary folder. */
    static HomeException tooLong(Path folder, Path temporary, IOException cause) {
        return new HomeException(
                folder,
                "The path of Quern's folder " + folder + " is too long for a socket, and " + temporary
                        + " cannot be used: "
                        + (cause instanceof UntrustedFileException untrusted
                                ? untrusted.text()
                                : reason(temporary, cause) + ".")
                        + " Set QUERN_HOME (quern.home) to a folder with a shorter path.",
                cause);
    }

    HomeException(String problem) {
        super(problem + ADVICE);
        this.folder = null;
    }

    /** Returns Quern's folder, or null if it could not be determined. */
    public @Nullable Path folder() {
        return folder;
    }

    private static String reason(Path folder, IOException cause) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            return folder + " is not a folder";
        }
        return switch (cause) {
            case FileAlreadyExistsException e -> e.getFile() + " is not a folder";
            case NotDirectoryException e -> e.getFile() + " is not a folder";
            case AccessDeniedException e -> "no permission to write " + e.getFile();
            case NoSuchFileException e -> "cannot create " + e.getFile();
            case FileSystemException e
            when e.getReason() != null ->
                (e.getOtherFile() == null ? e.getFile() : e.getOtherFile()) + ": " + e.getReason();
            default -> String.valueOf(cause.getMessage());
        };
    }
}
