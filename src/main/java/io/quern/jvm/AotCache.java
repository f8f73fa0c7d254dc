package io.quern.jvm;

import io.quern.files.PrivateFolder;
import io.quern.files.Seal;
import io.quern.files.Trust;
import io.quern.home.QuernHome;
import io.quern.home.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The AOT cache (JEP 483, 514) from which a worker's JVM starts. Its file name contains a digest of everything it
 * depends on: the content of the jars, the JVM and the options. The JVM does not check this: with a cache of an older
 * jar it silently runs the old classes (seen on JDK 25.0.3). So it must never get a file with another digest.
 */
final class AotCache {
    /** Number of caches of earlier builds to keep for a rollback. */
    private static final int KEPT = 3;

    private static final String SUFFIX = ".aot";
    private static final String NAME = "aot";

    private final Path folder;
    private final Optional<Path> prepared;
    private final WorkerCommand command;

    /**
     * @param folder the folder for new caches
     * @param prepared a folder that may already contain one; only read
     */
    AotCache(Path folder, Optional<Path> prepared, WorkerCommand command) {
        this.folder = folder;
        this.prepared = prepared;
        this.command = command;
    }

    static AotCache in(QuernHome home, WorkerCommand command) {
        return new AotCache(home.folder().resolve(NAME), home.prepared().map(one -> one.resolve(NAME)), command);
    }

    /** Returns the path of the cache for the current jars. Reads all jars (a few tens of milliseconds). */
    Path file() throws IOException {
        String name = "worker-" + digest() + SUFFIX;
        return prepared.map(one -> one.resolve(name)).filter(Trust::isRegular).orElseGet(() -> folder.resolve(name));
    }

    /**
     * Returns the cache for the current jars if it exists and nobody has changed it, since a JVM runs the code in it.
     */
    Optional<Path> recorded() throws IOException {
        Path file = file();
        return isTrusted(file) ? Optional.of(file) : Optional.empty();
    }

    private boolean isTrusted(Path file) {
        return prepared.filter(file::startsWith).isPresent()
                || Trust.isFolder(folder) && Trust.isRegular(file) && Seal.holds(seal(file), List.of(file));
    }

    private static Path seal(Path file) {
        return file.resolveSibling(file.getFileName() + ".seal");
    }

    static List<String> useOptions(Path cache) {
        // "auto" starts the worker even if the cache turns out to be unreadable
        return List.of("-XX:AOTCache=" + cache, "-XX:AOTMode=auto", "-Xlog:aot=off,cds=off");
    }

    /** @param notes file to which the JVM writes what it has loaded when it exits (JEP 483: the AOT configuration) */
    static List<String> recordOptions(Path notes) {
        return recording("-XX:AOTMode=record", "-XX:AOTConfiguration=" + notes);
    }

    /** @param notes the file that a JVM with recordOptions has written */
    static List<String> assembleOptions(Path notes, Path cache) {
        return recording("-XX:AOTMode=create", "-XX:AOTConfiguration=" + notes, "-XX:AOTCache=" + cache);
    }

    private static List<String> recording(String... options) {
        // a recording that crashes must not write reports to the engine's working directory
        return Stream.concat(
                        Stream.of(options),
                        Stream.of("-Xlog:aot=off,cds=off", "-XX:ErrorFile=/dev/null", "-XX:-CreateCoredumpOnCrash"))
                .toList();
    }

    /** Moves a new recording into place atomically and deletes those of older builds. */
    void keep(Path recording, Path file) throws IOException {
        if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(recording, PosixFilePermissions.fromString("rw-------"));
        }
        Files.move(recording, file, StandardCopyOption.ATOMIC_MOVE);
        Seal.write(seal(file), List.of(file));
        try (Stream<Path> all = Files.list(folder)) {
            List<Path> newestFirst = all.filter(f -> f.toString().endsWith(SUFFIX))
                    .sorted(Comparator.comparing(AotCache::modified).reversed())
                    .toList();
            for (Path old : newestFirst.subList(Math.min(KEPT, newestFirst.size()), newestFirst.size())) {
                Files.deleteIfExists(old);
                Files.deleteIfExists(seal(old));
            }
        }
    }

    /** Returns a temporary file for a recording. Deletes leftovers of killed recordings. */
    Path recordingFile() throws IOException {
        PrivateFolder.make(folder);
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, "recording-*")) {
            for (Path leftover : leftovers) {
                if (modified(leftover).toMillis() < System.currentTimeMillis() - 3_600_000) {
                    Files.deleteIfExists(leftover);
                }
            }
        }
        Path file = Files.createTempFile(folder, "recording-", ".tmp");
        Files.delete(file);
        return file;
    }

    private String digest() throws IOException {
        MessageDigest sha = Sha256.digest();
        sha.update(command.java().identity().getBytes());
        sha.update(command.line(List.of(), List.of()).toString().getBytes());
        byte[] chunk = new byte[1 << 16];
        for (Path jar : command.classPath().elements()) {
            try (InputStream in = Files.newInputStream(jar)) {
                for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                    sha.update(chunk, 0, n);
                }
            }
        }
        return HexFormat.of().formatHex(sha.digest(), 0, 12);
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }
}
