package io.quern.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The user that this process acts as. */
final class CurrentUser {
    /** Real, effective, saved and file system's. */
    private static final Pattern UIDS = Pattern.compile("(?m)^Uid:\\s+\\d+\\s+(\\d+)\\s");

    private static final Path ID_MAP = Path.of("/proc/self/uid_map");
    private static final Path UNMAPPED = Path.of("/proc/sys/kernel/overflowuid");

    private static final int UID = find();

    private CurrentUser() {}

    /** The number of the user; -1 where there are none. */
    static int uid() {
        return UID;
    }

    /**
     * Whether this is what files of a user show who has no number in this process's user namespace, and root is such a user. Then it cannot be
     * known whether such a file belongs to root.
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

    /** Not by the owner of /proc/self, which is root for a process that may not be dumped. */
    private static int find() {
        if (!Node.SUPPORTED) {
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
            throw new UncheckedIOException("cannot find out as which user this process runs", e);
        }
    }
}
