package io.quern.store;

import io.quern.files.PrivateFolder;
import io.quern.files.UntrustedFileException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The layout of the store. All folders and files in it are private to this user.
 *
 * <pre>
 * version              number of the layout
 * content/KEY/NAME     files of a model; KEY is its checksum
 * manifests/ID.json    one per model that can be used; written last
 * partial/ID/          what a download has fetched so far
 * locks/NAME           lock files, see FileLocks
 * </pre>
 */
final class StoreFolder {
    private static final int VERSION = 1;
    private static final String VERSION_FILE = "version";
    private static final int MAX_VERSION_BYTES = 64;

    private final Path folder;

    StoreFolder(Path folder) {
        this.folder = folder;
    }

    Path path() {
        return folder;
    }

    Path manifests() {
        return folder.resolve("manifests");
    }

    /** Returns the folder of a model's files. */
    Path content(String key) {
        return contents().resolve(key);
    }

    Path contents() {
        return folder.resolve("content");
    }

    Path partials() {
        return folder.resolve("partial");
    }

    /** Returns the lock that a process holds while it downloads. */
    Path downloadLock(String id) {
        return folder.resolve("locks").resolve(id + ".download");
    }

    /** Returns the lock that all processes share that use the content. */
    Path useLock(String key) {
        return folder.resolve("locks").resolve(key + ".use");
    }

    /**
     * Returns whether there is a store.
     *
     * @throws StoreException if a newer version of Quern has written it, or it cannot be read
     */
    boolean exists() {
        Path file = folder.resolve(VERSION_FILE);
        String text;
        try {
            if (!Files.exists(file)) {
                // distinguishes a missing store from one that cannot be seen
                if (Files.exists(folder) && !Files.isReadable(folder)) {
                    throw new AccessDeniedException(folder.toString());
                }
                return false;
            }
            text = Files.size(file) > MAX_VERSION_BYTES
                    ? ""
                    : Files.readString(file).strip();
        } catch (IOException e) {
            throw unusable("read", e);
        }
        if (!text.matches("\\d{1,9}")) {
            throw new StoreException(
                    StoreProblem.STORE_UNUSABLE,
                    "Cannot use the model store " + folder
                            + ": the file version in it is damaged. If the store is Quern's,"
                            + " write " + VERSION + " into that file; otherwise set QUERN_STORE_PATH"
                            + " (quern.store.path) to another folder.");
        }
        if (Integer.parseInt(text) > VERSION) {
            throw new StoreException(
                    StoreProblem.NEWER_STORE,
                    "Cannot use the model store " + folder + ": a newer version of Quern has written it (layout " + text
                            + ", this version knows " + VERSION
                            + "). Update Quern, or set QUERN_STORE_PATH (quern.store.path) to another folder.");
        }
        return true;
    }

    /**
     * Creates the store if there is none.
     *
     * @throws StoreException if it cannot be created or used
     */
    void create() {
        boolean there = exists();
        try {
            PrivateFolder.make(folder);
            for (String name : List.of("manifests", "content", "partial", "locks")) {
                PrivateFolder.make(folder.resolve(name));
            }
            if (!there) {
                PrivateFolder.write(folder.resolve(VERSION_FILE), VERSION + "\n");
            }
        } catch (IOException e) {
            throw unusable("write to", e);
        }
    }

    /**
     * Describes why writing failed.
     *
     * @throws InterruptedException if it failed because the thread was interrupted
     */
    StoreException failed(IOException cause) throws InterruptedException {
        if (Thread.interrupted() || cause instanceof ClosedByInterruptException) {
            throw new InterruptedException();
        }
        return unusable("write to", cause);
    }

    /** Describes why the store cannot be used. */
    StoreException unusable(String verb, IOException cause) {
        if (isFull(cause)) {
            return full(cause);
        }
        String reason =
                switch (cause) {
                    case UntrustedFileException e -> e.text();
                    case AccessDeniedException e -> "no permission for " + e.getFile() + ".";
                    case FileSystemException e when e.getReason() != null -> e.getFile() + ": " + e.getReason() + ".";
                    default -> cause.getMessage() + ".";
                };
        return new StoreException(
                StoreProblem.STORE_UNUSABLE,
                "Cannot " + verb + " the model store " + folder + ": " + reason
                        + " Set QUERN_STORE_PATH (quern.store.path) to a folder that Quern can write to.",
                cause);
    }

    private StoreException full(IOException cause) {
        return new StoreException(
                StoreProblem.DISK_FULL,
                "Cannot write to the model store " + folder + ": the disk is full. Free some space, for example with"
                        + " quern rm, then run the same command again: it continues where this one stopped.",
                cause);
    }

    /** Whether the disk or the user's quota is full. The JDK has only the system's text for that. */
    private static boolean isFull(IOException cause) {
        String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        return text.contains("no space left") || text.contains("quota exceeded") || text.contains("not enough space");
    }

    /** Returns the folders in a folder of the store. */
    static List<Path> in(Path parent, String glob) throws IOException {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(parent)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent, glob)) {
                entries.forEach(found::add);
            }
        }
        return found;
    }

    /** Returns the names of the files of some content, in order; empty if there is none. */
    List<String> filesOf(String key) throws IOException {
        return in(content(key), "*").stream()
                .map(file -> file.getFileName().toString())
                .sorted()
                .toList();
    }

    /** Flushes the names in a folder to the disk, where the system can do that. */
    static void flush(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // not on Windows
        }
    }

    /** Claims the content of a model for use, unless somebody removes it now. */
    Optional<FileLocks.Claim> use(String key) {
        try {
            return FileLocks.shared(useLock(key));
        } catch (IOException e) {
            if (!Files.isWritable(folder)) {
                // nobody can remove it either
                return Optional.of(FileLocks.none());
            }
            throw unusable("write to", e);
        }
    }
}
