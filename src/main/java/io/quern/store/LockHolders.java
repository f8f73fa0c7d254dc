package io.quern.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Finds out which processes hold a lock, on Linux. For messages only: the answer may be out of date. */
final class LockHolders {
    private static final Path LOCKS = Path.of("/proc/locks");
    private static final int FIELD_PID = 4;
    private static final int FIELD_FILE = 5;

    private LockHolders() {}

    /** Returns the ids of the processes; empty if unknown. */
    static List<Long> of(Path file) {
        try {
            String inode = String.valueOf(Files.getAttribute(file, "unix:ino"));
            return Files.readAllLines(LOCKS).stream()
                    .map(line -> line.replace("->", "").strip().split("\\s+"))
                    .filter(fields -> fields.length > FIELD_FILE && fields[FIELD_FILE].endsWith(":" + inode))
                    .map(fields -> Long.valueOf(fields[FIELD_PID]))
                    .filter(pid -> pid > 0)
                    .distinct()
                    .toList();
        } catch (IOException | IllegalArgumentException | UnsupportedOperationException e) {
            return List.of();
        }
    }
}
