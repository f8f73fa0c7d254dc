package io.quern.cli;

import io.quern.files.PrivateFolder;
import io.quern.home.HomeException;
import io.quern.home.QuernHome;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The private files of chats, in the folder {@code chat} of the home. */
final class SessionFiles {
    private static final String FOLDER = "chat";
    private static final String HISTORY = "history";
    private static final String LOG_PREFIX = "engine-";
    private static final String LOG_SUFFIX = ".log";

    /** Logs that are kept, so that an error can be read after its chat. */
    private static final int KEPT_LOGS = 5;

    private final QuernHome home;

    SessionFiles(QuernHome home) {
        this.home = home;
    }

    /** Returns the file of typed lines with mode 0600, or empty if it cannot be written. */
    Optional<Path> history() {
        try {
            Path file = home.make(FOLDER).resolve(HISTORY);
            // creates it: JLine would leave it readable for others
            PrivateFolder.append(file, "");
            return Optional.of(file);
        } catch (IOException | HomeException e) {
            return Optional.empty();
        }
    }

    /**
     * Returns a new file for the log of this process's engine, and deletes old ones.
     *
     * @throws HomeException if the home cannot be written
     */
    Path log() {
        Path folder = home.make(FOLDER);
        deleteOldLogs(folder);
        return folder.resolve(LOG_PREFIX + ProcessHandle.current().pid() + LOG_SUFFIX);
    }

    private static void deleteOldLogs(Path folder) {
        List<Path> logs = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, LOG_PREFIX + "*" + LOG_SUFFIX)) {
            files.forEach(logs::add);
            logs.sort(Comparator.comparing(SessionFiles::modified).reversed());
            for (Path old : logs.subList(Math.min(KEPT_LOGS - 1, logs.size()), logs.size())) {
                Files.deleteIfExists(old);
            }
        } catch (IOException e) {
            // another process deletes them too
        }
    }

    private static long modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            return 0;
        }
    }
}
