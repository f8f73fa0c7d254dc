package io.quern.engines;

import io.quern.files.PrivateFolder;
import io.quern.files.Trust;
import io.quern.home.QuernHome;
import io.quern.process.ProcessIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The records of the engines of one home, a file each, in its folder {@code engines}. Several processes may use it at
 * the same time. Every call reads the file system.
 */
public final class EngineRecords {
    private static final String FOLDER = "engines";
    private static final String EXTENSION = ".json";
    private static final int MAX_BYTES = 1 << 16;

    private final QuernHome home;
    private final Path folder;

    /** Writes nothing. */
    public EngineRecords(QuernHome home) {
        this.home = home;
        this.folder = home.folder().resolve(FOLDER);
    }

    /** The record of this process, deleted when closed. If the process is killed, readers delete it. */
    public interface Announcement extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Records this process. Readers see the whole record or none.
     *
     * @throws IOException if it cannot be written
     * @throws io.quern.home.HomeException if the home cannot be used
     */
    public Announcement announce(EngineRecord engine) throws IOException {
        home.make(FOLDER);
        Path file =
                folder.resolve(engine.process().pid() + "-" + engine.process().start() + EXTENSION);
        PrivateFolder.write(file, engine.json());
        return () -> delete(file);
    }

    /** Returns the engines that run now, the latest first, and deletes the records of engines that have ended. */
    public List<EngineRecord> running() {
        List<EngineRecord> running = new ArrayList<>();
        if (!Trust.isFolder(folder)) {
            return running;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + EXTENSION)) {
            for (Path file : files) {
                Optional<EngineRecord> read = read(file);
                if (read.isEmpty()) {
                    continue;
                }
                switch (read.get().process().standing()) {
                    case RUNNING -> running.add(read.get());
                    case ENDED -> delete(file);
                    case UNKNOWN -> {}
                }
            }
        } catch (IOException e) {
            // deleted meanwhile
        }
        running.sort(Comparator.comparing(EngineRecord::since).reversed());
        return running;
    }

    /** Returns whether the recorded engine still runs. */
    public boolean runs(EngineRecord engine) {
        return engine.process().standing() == ProcessIdentity.Standing.RUNNING;
    }

    private static Optional<EngineRecord> read(Path file) {
        try {
            // another user could send us, and our key, to a server of his own
            if (!Trust.isRegular(file) || Files.size(file) > MAX_BYTES) {
                return Optional.empty();
            }
            return EngineRecord.parse(Files.readString(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // the next reader tries again
        }
    }
}
