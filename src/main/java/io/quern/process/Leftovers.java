package io.quern.process;

import io.quern.files.PrivateFolder;
import io.quern.files.Trust;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Ends what earlier engines left behind: processes named in their {@link RunFile}s, and their folders. In doubt it
 * kills nothing. It kills a process only if its engine has certainly ended, only this user could have written the file,
 * and the process is the recorded one by pid, start time, executable and user.
 */
public final class Leftovers {
    /** Longest time from SIGKILL to the end of a process. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration POLL = Duration.ofMillis(10);
    private static final Duration UNREADABLE_FOR = Duration.ofDays(1);

    /**
     * A process that was killed.
     *
     * @param gone whether it ended in time
     */
    public record Reaped(String name, long pid, boolean gone) {}

    private Leftovers() {}

    /**
     * Ends the children of engines that have ended and deletes their folders. Blocks until the children are gone, some
     * seconds at most.
     *
     * @param parent the private folder below which each engine has its own
     * @param prefix prefix of these folders' names
     * @return the killed processes. Never fails: a folder that cannot be read or deleted stays
     */
    public static List<Reaped> reap(Path parent, String prefix) {
        List<RunFile.Entry> killed = new ArrayList<>();
        if (!Trust.isFolder(parent)) {
            return List.of();
        }
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, prefix + "*")) {
            for (Path folder : folders) {
                try {
                    reap(folder, killed);
                } catch (IOException e) {
                    // another user's, or deleted meanwhile
                }
            }
        } catch (IOException e) {
            // the folder does not exist yet
        }
        Instant end = Instant.now().plus(PATIENCE);
        return killed.stream()
                .map(entry -> new Reaped(entry.name(), entry.pid(), gone(entry, end)))
                .toList();
    }

    /** Returns whether the process exists and is not a zombie. */
    public static boolean running(long pid) {
        return StartTime.of(pid).isPresent();
    }

    /**
     * Returns the exit status of a zombie, which /proc shows to the same user.
     *
     * @return empty if there is no such process, it still runs, or the status cannot be read
     */
    public static Optional<ExitStatus> status(long pid) {
        return StartTime.waitStatus(pid)
                .map(status -> (status & 0x7f) != 0
                        ? new ExitStatus.Signaled(status & 0x7f)
                        : ExitStatus.of(status >> 8 & 0xff));
    }

    private static void reap(Path folder, List<RunFile.Entry> killed) throws IOException {
        Path file = folder.resolve(RunFile.NAME);
        if (!Trust.isFolder(folder) || !Trust.isRegular(file)) {
            return;
        }
        Optional<RunFile.Content> read = RunFile.read(file);
        if (read.isEmpty()) {
            if (Files.getLastModifiedTime(file)
                    .toInstant()
                    .isBefore(Instant.now().minus(UNREADABLE_FOR))) {
                PrivateFolder.delete(folder);
            }
            return;
        }
        RunFile.Content content = read.get();
        // pids of another container are meaningless here, and its processes are invisible
        if (!content.scope().equals(StartTime.scope()) || content.engine().running()) {
            return;
        }
        for (RunFile.Entry child : content.children()) {
            Optional<ProcessHandle> process = ProcessHandle.of(child.pid());
            if (process.isPresent() && child.is(process.get()) && process.get().destroyForcibly()) {
                killed.add(child);
            }
        }
        PrivateFolder.delete(folder);
    }

    private static boolean gone(RunFile.Entry entry, Instant end) {
        while (entry.running() && Instant.now().isBefore(end)) {
            try {
                Thread.sleep(POLL);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return !entry.running();
    }
}
