package io.quern.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The user that this process runs as. */
final class CurrentUser {
    /** The line has the real, effective, saved and file system user id. */
    private static final Pattern UIDS = Pattern.compile("(?m)^Uid:\\s+\\d+\\s+(\\d+)\\s");

    private static final Path ID_MAP = Path.of("/proc/self/uid_map");
    private static final Path UNMAPPED = Path.of("/proc/sys/kernel/overflowuid");

    /** Null until somebody asks. A static initialiser would find the user who builds a native executable. */
    private static volatile @Nullable Integer known;

    private CurrentUser() {}

    /** Returns the user id, or -1 on systems without user ids. */
    static int uid() {
        Integer uid = known;
        if (uid == null) {
            uid = find();
            known = uid;
        }
        return uid;
    }

    /**
     * Returns whether the uid is the one shown for files of users that this process's user namespace does not map, and
     * root is not mapped. In that case such a file may or may not belong to root.
     */
    static boolean maybeRoot(int uid) {
        try {
            return uid == Integer.parseInt(Files.readString(UNMAPPED).strip())
                    && Files.readAllLines(ID_MAP).stream()
                            .noneMatch(line -> line.strip().split("\\s+")[1].equals("0"));
        } catch (IOException | RuntimeException e) {
            // not Linux
            return false;
        }
    }

    /** Does not use the owner of /proc/self: that is root for a process that is not dumpable. */
    private static int find() {
        if (!Node.isSupported()) {
            return -1;
        }
        try {
            Matcher line = UIDS.matcher(Files.readString(Path.of("/proc/self/status")));
            if (line.find()) {
                return (int) Long.parseLong(line.group(1));
            }
        } catch (IOException e) {
            // not Linux
        }
        try {
            Path file = Files.createTempFile("quern-", ".tmp");
            try {
                return Node.of(file).uid();
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot find out which user this process runs as", e);
        }
    }
}
