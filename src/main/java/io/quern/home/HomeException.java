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

/** Quern's folder cannot be used; the message names it and says how to name another. */
public final class HomeException extends RuntimeException {
    private static final String ADVICE = "; name a folder that can be written in QUERN_HOME (quern.home)";

    private final transient @Nullable Path folder;

    HomeException(Path folder, IOException cause) {
        this(
                folder,
                cause instanceof UntrustedFileException untrusted
                        ? "Cannot use Quern's folder " + folder + ": " + untrusted.text()
                                + " Or name another folder in QUERN_HOME (quern.home)."
                        : "cannot write below Quern's folder " + folder + ": " + reason(folder, cause) + ADVICE,
                cause);
    }

    private HomeException(Path folder, String message, IOException cause) {
        super(message, cause);
        this.folder = folder;
    }

    /** What was prepared could have been changed by another user, or cannot be looked at. */
    static HomeException prepared(Path folder, IOException cause) {
        return new HomeException(
                folder,
                "Cannot use the prepared folder " + folder + ": "
                        + (cause instanceof UntrustedFileException untrusted
                                ? untrusted.text()
                                : cause.toString() + ".")
                        + " Or do without it: unset QUERN_PREPARED (quern.prepared).",
                cause);
    }

    /** Sockets fit neither into Quern's folder nor into the system's folder for temporary files. */
    static HomeException tooLong(Path folder, Path temporary, IOException cause) {
        return new HomeException(
                folder,
                "the path of Quern's folder " + folder + " is too long for a socket in it, and " + temporary
                        + " cannot be used: "
                        + (cause instanceof UntrustedFileException untrusted
                                ? untrusted.text()
                                : reason(temporary, cause))
                        + "; name a folder with a shorter path in QUERN_HOME (quern.home)",
                cause);
    }

    HomeException(String problem) {
        super(problem + ADVICE);
        this.folder = null;
    }

    /** Quern's folder, or null where none could be made out. */
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
            case AccessDeniedException e -> "no right to write " + e.getFile();
            case NoSuchFileException e -> "cannot create " + e.getFile();
            case FileSystemException e
            when e.getReason() != null ->
                (e.getOtherFile() == null ? e.getFile() : e.getOtherFile()) + ": " + e.getReason();
            default -> String.valueOf(cause.getMessage());
        };
    }
}
