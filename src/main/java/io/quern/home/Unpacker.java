package io.quern.home;

import io.quern.files.PrivateFolder;
import io.quern.files.Seal;
import io.quern.files.Trust;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;

/**
 * Writes each file under a temporary name, verifies it and renames it. Needs no lock: processes that unpack at the same
 * time replace a file with an identical one, and a process that has mapped the old file keeps it. A damaged or
 * incomplete folder is repaired file by file and never disappears meanwhile.
 */
final class Unpacker {
    /** Longer than any unpacking takes, so that a file that another process is writing is not deleted. */
    static final Duration LEFTOVER_AGE = Duration.ofHours(1);

    static final String PARTIAL = ".partial";
    private static final int COPY_BYTES = 1 << 16;

    private final Path folder;

    /** @param folder contains the unpacked folders and temporary files */
    Unpacker(Path folder) {
        this.folder = folder;
    }

    /** @param seal written once all files exist and are verified */
    void unpack(Bundle bundle, Path target, Path seal) throws IOException {
        if (!Trust.isFolder(target)) {
            PrivateFolder.make(target);
        }
        deleteLeftovers();
        for (Bundle.Entry entry : bundle.entries()) {
            if (!Bundle.isIntactIn(target, entry)) {
                unpack(bundle, entry, target);
            }
        }
        try {
            Seal.write(seal, bundle.filesIn(target));
        } catch (IOException e) {
            // the files belong to root and are right; without a seal they are read again at the next start
        }
    }

    private void unpack(Bundle bundle, Bundle.Entry entry, Path target) throws IOException {
        Path partial = folder.resolve(UUID.randomUUID() + PARTIAL);
        try {
            write(bundle, entry, partial);
            Files.move(partial, target.resolve(entry.name()), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            // Windows refuses to replace a file that another process has loaded in the meantime
            if (!Bundle.isIntactIn(target, entry)) {
                throw e;
            }
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static void write(Bundle bundle, Bundle.Entry entry, Path file) throws IOException {
        MessageDigest digest = Sha256.digest();
        byte[] bytes = new byte[COPY_BYTES];
        Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (FileChannel out = FileChannel.open(file, options, ownerOnly());
                InputStream in = open(bundle, entry)) {
            for (int read = read(in, bytes, entry); read >= 0; read = read(in, bytes, entry)) {
                digest.update(bytes, 0, read);
                for (ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, read); buffer.hasRemaining(); ) {
                    out.write(buffer);
                }
            }
            String sha256 = Sha256.hex(digest.digest());
            if (!sha256.equals(entry.sha256())) {
                throw new DamagedBundleException(entry.name() + " in the application has the SHA-256 " + sha256
                        + ", expected " + entry.sha256() + ". Download or build the application again.");
            }
            // without this, a power failure after the rename could leave a file of the right size without content
            out.force(true);
        }
    }

    private static InputStream open(Bundle bundle, Bundle.Entry entry) {
        try {
            return bundle.source().open(entry.name());
        } catch (IOException e) {
            throw unreadable(entry, e);
        }
    }

    private static int read(InputStream in, byte[] bytes, Bundle.Entry entry) {
        try {
            return in.read(bytes);
        } catch (IOException e) {
            throw unreadable(entry, e);
        }
    }

    private static DamagedBundleException unreadable(Bundle.Entry entry, IOException cause) {
        return new DamagedBundleException(
                "cannot read " + entry.name() + " in the application: " + cause.getMessage(), cause);
    }

    private void deleteLeftovers() throws IOException {
        Instant limit = Instant.now().minus(LEFTOVER_AGE);
        try (DirectoryStream<Path> partials = Files.newDirectoryStream(folder, "*" + PARTIAL)) {
            for (Path partial : partials) {
                if (isOlder(partial, limit)) {
                    Files.deleteIfExists(partial);
                }
            }
        }
    }

    private static boolean isOlder(Path file, Instant limit) {
        try {
            return Files.getLastModifiedTime(file).toInstant().isBefore(limit);
        } catch (IOException e) {
            return false; // renamed or deleted by its owner just now
        }
    }

    /** The files are executable for their owner too, because one of them may be a program. */
    private static FileAttribute<?>[] ownerOnly() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                }
                : new FileAttribute<?>[0];
    }
}
