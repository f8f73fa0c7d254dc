package io.quern.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the state of processes. */
public final class ProcessState {
    private ProcessState() {}

    /**
     * Returns whether a process is running. A zombie is not: the new parent of an orphan is PID 1, which may take long
     * to reap it on test machines.
     */
    public static boolean running(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // the state follows the command's name, which is in parentheses and may contain any character
            char state = stat.charAt(stat.lastIndexOf(')') + 2);
            return state != 'Z' && state != 'X';
        } catch (IOException e) {
            return Files.isDirectory(Path.of("/proc/self"))
                    ? false
                    : ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
        }
    }
}
