package io.quern.store;

import io.quern.files.PrivateFolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Locks between processes that end with the process, whatever way it ends. Thread-safe.
 *
 * <p>The kernel knows one lock per process and file, and closing any descriptor of a file drops it. So each process
 * opens a lock file once, and this class counts who holds it here. The lock files stay: deleting one while another
 * process opens it would leave two locks for one name.
 */
final class FileLocks {
    private static final Map<Path, Held> HELD = new HashMap<>();

    private FileLocks() {}

    /** A lock of this process. */
    private static final class Held {
        private final FileChannel channel;
        private final boolean shared;
        private int holders = 1;

        private Held(FileChannel channel, boolean shared) {
            this.channel = channel;
            this.shared = shared;
        }
    }

    /** A claim on a lock. Closing it several times is the same as once. */
    static final class Claim implements ModelUse {
        private final @Nullable Path file;
        private boolean closed;

        private Claim(@Nullable Path file) {
            this.file = file;
        }

        @Override
        public void close() {
            synchronized (HELD) {
                if (!closed && file != null) {
                    release(file);
                }
                closed = true;
            }
        }
    }

    /**
     * Locks a file for this caller only.
     *
     * @return empty if anybody holds it, in this process or another
     * @throws IOException if the lock file cannot be written
     */
    static Optional<Claim> exclusive(Path file) throws IOException {
        return claim(file, false);
    }

    /**
     * Locks a file together with others who share it.
     *
     * @return empty if somebody holds it exclusively
     * @throws IOException if the lock file cannot be read
     */
    static Optional<Claim> shared(Path file) throws IOException {
        return claim(file, true);
    }

    /** Returns a claim on nothing, for a folder that nobody can change. */
    static Claim none() {
        return new Claim(null);
    }

    private static Optional<Claim> claim(Path file, boolean shared) throws IOException {
        synchronized (HELD) {
            Path key = file.toAbsolutePath().normalize();
            Held held = HELD.get(key);
            if (held != null) {
                if (!held.shared || !shared) {
                    return Optional.empty();
                }
                held.holders++;
                return Optional.of(new Claim(key));
            }
            FileChannel channel = open(key, shared);
            if (channel == null || !lock(channel, shared)) {
                if (channel != null) {
                    channel.close();
                }
                return Optional.empty();
            }
            HELD.put(key, new Held(channel, shared));
            return Optional.of(new Claim(key));
        }
    }

    private static FileChannel open(Path file, boolean shared) throws IOException {
        if (!Files.exists(file)) {
            PrivateFolder.make(Objects.requireNonNull(file.getParent()));
            PrivateFolder.append(file, "");
        }
        return shared
                ? FileChannel.open(file, StandardOpenOption.READ)
                : FileChannel.open(file, StandardOpenOption.WRITE);
    }

    private static boolean lock(FileChannel channel, boolean shared) throws IOException {
        try {
            @Nullable FileLock lock = channel.tryLock(0, Long.MAX_VALUE, shared);
            return lock != null;
        } catch (OverlappingFileLockException e) {
            // another class loader of this process holds it
            return false;
        }
    }

    private static void release(Path file) {
        Held held = HELD.get(file);
        if (held == null || --held.holders > 0) {
            return;
        }
        HELD.remove(file);
        try {
            held.channel.close();
        } catch (IOException e) {
            // the descriptor is gone, and with it the lock
        }
    }
}
