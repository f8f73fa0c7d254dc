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
 * Where the JVMs of workers that crash write what happened (hs_err_pid files). Without it each would write into the engine's working
 * directory. No core is dumped: it would hold the model and what users have written.
 */
public final class CrashFiles {
    private static final Logger LOG = Logger.getLogger(CrashFiles.class);

    private static final String PREFIX = "hs_err_pid";
    private static final String SUFFIX = ".log";

    private final Path folder;
    private final int kept;
    private final String dumps;

    /**
     * @param kept how many files stay: the newest
     * @param coreDumps whether the JVM ends by a signal that has the kernel dump its memory, where the system is set up for it
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
     * Options for a worker's JVM, before those of the configuration, which win. They are none of those its AOT cache depends on. The folder
     * is made.
     */
    public List<String> options() {
        if (kept == 0) {
            return List.of("-XX:ErrorFile=/dev/null", "-XX:-DumpReplayDataOnError", dumps);
        }
        try {
            PrivateFolder.make(folder);
        } catch (IOException e) {
            LOG.warnf("a crashed worker leaves no trace: %s", e);
        }
        return List.of(
                "-XX:ErrorFile=" + folder.resolve(PREFIX + "%p" + SUFFIX),
                // where the configuration has heaps dumped
                "-XX:HeapDumpPath=" + folder,
                "-XX:-DumpReplayDataOnError",
                dumps);
    }

    /**
     * What a process has left, if it has crashed; older files beyond the number that stays go. Looks into a folder: not for event loops.
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
            LOG.debugf("traces of crashes: %s", e);
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
