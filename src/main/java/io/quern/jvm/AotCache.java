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
 * The AOT cache (JEP 483, 514) a worker's JVM starts from. Its name holds a digest of everything it depends on: the content of
 * the jars, the JVM, the options. The JVM does not check that: with a cache of an older jar it runs the old classes without a
 * word (seen on JDK 25.0.3), so a file of another digest must never be named to it.
 */
final class AotCache {
    /** Caches of earlier builds that may stay, for a roll-back. */
    private static final int KEPT = 3;

    private static final String SUFFIX = ".aot";
    private static final String NAME = "aot";
    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    private final Path folder;
    private final Optional<Path> prepared;
    private final WorkerCommand command;

    /**
     * @param folder where caches are written
     * @param prepared where one may lie already; only read
     */
    AotCache(Path folder, Optional<Path> prepared, WorkerCommand command) {
        this.folder = folder;
        this.prepared = prepared;
        this.command = command;
    }

    static AotCache in(QuernHome home, WorkerCommand command) {
        return new AotCache(home.folder().resolve(NAME), home.prepared().map(one -> one.resolve(NAME)), command);
    }

    /** Where the cache for the jars as they are now belongs, or is prepared; reads them all (a few tens of milliseconds). */
    Path file() throws IOException {
        String name = "worker-" + digest() + SUFFIX;
        return prepared.map(one -> one.resolve(name)).filter(Trust::isRegular).orElseGet(() -> folder.resolve(name));
    }

    /** The cache for the jars as they are now, if it was recorded and nobody has changed it since. A JVM runs what it finds in one. */
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
        // a cache that is unreadable after all must not keep a worker from starting: "auto" goes on without it
        return List.of("-XX:AOTCache=" + cache, "-XX:AOTMode=auto", "-Xlog:aot=off,cds=off");
    }

    /** @param notes where the JVM writes at its end what it has loaded (JEP 483: the AOT configuration) */
    static List<String> recordOptions(Path notes) {
        return recording("-XX:AOTMode=record", "-XX:AOTConfiguration=" + notes);
    }

    /** @param notes what recordOptions has had written */
    static List<String> assembleOptions(Path notes, Path cache) {
        return recording("-XX:AOTMode=create", "-XX:AOTConfiguration=" + notes, "-XX:AOTCache=" + cache);
    }

    private static List<String> recording(String... options) {
        // and no traces of a recording's crash in the engine's working directory
        return Stream.concat(
                        Stream.of(options),
                        Stream.of("-Xlog:aot=off,cds=off", "-XX:ErrorFile=/dev/null", "-XX:-CreateCoredumpOnCrash"))
                .toList();
    }

    /** Puts a freshly recorded file in its place, whole, and drops those of older builds. */
    void keep(Path recording, Path file) throws IOException {
        if (POSIX) {
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

    /** Where a recording may be written before it is kept; leftovers of recordings that were killed go. */
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
