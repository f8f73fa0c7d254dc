package io.quern.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts a child that ignores the signals which a terminal sends to its foreground group and systemd to a control
 * group. They are meant for the engine, which needs its children while it drains.
 *
 * <p>Java cannot start a process with an ignored signal. A shell can, and exec and the JVM preserve it. Handlers in the
 * child's main would be too late, while its JVM starts; children install them too, for systems without a shell.
 */
final class Shield {
    private static final Path SHELL = Path.of("/bin/sh");

    /** Files of a child are readable only for its user. A JVM handles SIGQUIT again and writes a thread dump. */
    private static final String SCRIPT = "umask 077; trap '' HUP INT QUIT TERM; exec \"$@\"";

    private Shield() {}

    /** Returns the command unchanged if its program cannot be run, since starting it then gives a better error. */
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
