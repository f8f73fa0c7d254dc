package io.quern.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/** Finds out when processes started. Pids are reused, but no two processes have the same pid and start time. */
final class StartTime {
    private static final Path PROC = Path.of("/proc");

    /**
     * Fields of /proc/PID/stat after the command's name: the state, and the start in ticks since the machine's boot.
     */
    private static final int STATE = 0;

    private static final int START = 19;
    private static final int WAIT_STATUS = 49;

    private StartTime() {}

    /** Returns whether the system describes its processes in /proc, and lets this process read it. */
    static boolean hasProc() {
        return Files.isReadable(PROC.resolve("self/stat"));
    }

    /** @return empty if there is no such process or it is a zombie */
    static Optional<String> of(long pid) {
        if (!hasProc()) {
            return ProcessHandle.of(pid)
                    .flatMap(process -> process.info().startInstant())
                    .map(Instant::toEpochMilli)
                    .map(Object::toString);
        }
        try {
            String stat = Files.readString(PROC.resolve(pid + "/stat"));
            // the name is in parentheses and may contain any character
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return fields[STATE].equals("Z") || fields[STATE].equals("X")
                    ? Optional.empty()
                    : Optional.of(fields[START]);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Returns the status that waitpid(2) would report for a zombie, or empty for any other process. */
    static Optional<Integer> waitStatus(long pid) {
        try {
            String stat = Files.readString(PROC.resolve(pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return fields[STATE].equals("Z") && fields.length > WAIT_STATUS
                    ? Optional.of(Integer.parseInt(fields[WAIT_STATUS].strip()))
                    : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /**
     * Returns the scope in which pids and start times are valid: this boot of this machine, and this container. Several
     * containers may share a folder, which also outlives a boot.
     */
    static String scope() {
        try {
            return hasProc()
                    ? Files.readString(PROC.resolve("sys/kernel/random/boot_id"))
                                    .strip()
                            + ":"
                            + Files.readSymbolicLink(PROC.resolve("self/ns/pid"))
                                    .toString()
                                    .replaceAll("\\D", "")
                    : "no-proc";
        } catch (IOException e) {
            return "unknown:" + System.nanoTime() + ":"
                    + ProcessHandle.current().pid();
        }
    }
}
