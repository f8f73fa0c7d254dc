package io.quern.jvm;

import io.quern.files.PrivateFolder;
import io.quern.files.Trust;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Manages the crash reports (hs_err_pid files) of workers' JVMs. By default a JVM would write them to the engine's
 * working directory. Core dumps are off by default, since they would contain the model and users' texts.
 */
public final class CrashFiles {
    private static final Logger LOG = Logger.getLogger(CrashFiles.class);

    private static final String PREFIX = "hs_err_pid";
    private static final String SUFFIX = ".log";

    private final Path folder;
    private final int kept;
    private final String dumps;

    /**
     * @param kept number of files to keep, the newest
     * @param coreDumps whether a crashing JVM ends by a signal for which the kernel may write a core dump
     */
    public CrashFiles(Path folder, int kept, boolean coreDumps) {
        this.folder = folder;
        this.kept = kept;
        this.dumps = coreDumps ? "-XX:+CreateCoredumpOnCrash" : "-XX:-CreateCoredumpOnCrash";
    }

    public Path folder() {
        return folder;
    }

    /**
     * Returns options for a worker's JVM. They precede the configured ones, which win. The AOT cache does not depend on
     * them. Creates the folder.
     */
    public List<String> options() {
        if (kept == 0) {
            return List.of("-XX:ErrorFile=/dev/null", "-XX:-DumpReplayDataOnError", dumps);
        }
        try {
            PrivateFolder.make(folder);
        } catch (IOException e) {
            LOG.warnf("Crashed workers will leave no crash report: %s", e);
        }
        return List.of(
                "-XX:ErrorFile=" + folder.resolve(PREFIX + "%p" + SUFFIX),
                // used if the configuration enables heap dumps
                "-XX:HeapDumpPath=" + folder,
                "-XX:-DumpReplayDataOnError",
                dumps);
    }

    /**
     * Returns the crash report of a process, if there is one. Deletes the oldest files beyond the limit. Reads a
     * folder, so do not call it on event loops.
     */
    public Optional<CrashTrace> of(long pid) {
        Path file = folder.resolve(PREFIX + pid + SUFFIX);
        if (!Trust.isFolder(folder) || !Trust.isRegular(file)) {
            return Optional.empty();
        }
        prune();
        return Optional.of(CrashTrace.read(file));
    }

    private void prune() {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> newestFirst = files.filter(
                            file -> file.getFileName().toString().startsWith(PREFIX))
                    .sorted(Comparator.comparing(CrashFiles::modified).reversed())
                    .toList();
            for (Path old : newestFirst.subList(Math.min(kept, newestFirst.size()), newestFirst.size())) {
                Files.deleteIfExists(old);
            }
        } catch (IOException e) {
            LOG.debugf("Cannot read crash reports: %s", e);
        }
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }
}
