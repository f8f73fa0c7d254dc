package io.quern.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts a child deaf to the signals that a terminal sends to its whole foreground group and systemd to a whole control group. They
 * concern the engine, which drains and needs its children for that.
 *
 * <p>Java cannot start a process with an ignored signal, but a shell can, and both exec and the JVM keep it so. Installing handlers in
 * the child's main would leave the time in which its JVM starts; children do that as well, for systems without a shell.
 */
final class Shield {
    private static final Path SHELL = Path.of("/bin/sh");

    /** A JVM handles SIGQUIT again: it writes a thread dump. What a child writes is for its own user alone. */
    private static final String SCRIPT = "umask 077; trap '' HUP INT QUIT TERM; exec \"$@\"";

    private Shield() {}

    /** The command as it is if its program cannot be run: the attempt to start it gives the better error. */
    static List<String> over(List<String> command) {
        Path program = Path.of(command.getFirst());
        if (!program.isAbsolute() || !Files.isExecutable(program) || !Files.isExecutable(SHELL)) {
            return command;
        }
        List<String> shielded = new ArrayList<>(List.of(SHELL.toString(), "-c", SCRIPT, "sh"));
        shielded.addAll(command);
        return shielded;
    }
}
