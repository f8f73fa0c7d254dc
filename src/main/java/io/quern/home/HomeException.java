package io.quern.home;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** Quern's folder cannot be used; the message names it and says how to name another. */
public final class HomeException extends RuntimeException {
    private static final String ADVICE = "; name a folder that can be written in QUERN_HOME (quern.home)";

    private final transient Path folder;

    HomeException(Path folder, IOException cause) {
        super("cannot write below Quern's folder " + folder + ": " + reason(folder, cause) + ADVICE, cause);
        this.folder = folder;
    }

    HomeException(String problem) {
        super(problem + ADVICE);
        this.folder = null;
    }

    /** Quern's folder, or null where none could be made out. */
    public Path folder() {
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
            default -> cause.getMessage();
        };
    }
}
