package io.quern.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a process still does anything. */
public final class ProcessState {
    private ProcessState() {}

    /**
     * False also for a process that is dead and waits for its parent to ask for its status: an orphan's new parent is the
     * machine's first process, which on test machines takes its time for that.
     */
    public static boolean running(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // the state follows the command's name, which stands in parentheses and may hold any character
            char state = stat.charAt(stat.lastIndexOf(')') + 2);
            return state != 'Z' && state != 'X';
        } catch (IOException e) {
            return Files.isDirectory(Path.of("/proc/self"))
                    ? false
                    : ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
        }
    }
}
