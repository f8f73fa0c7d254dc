package io.quern.cli;

import java.io.Console;
import java.io.IOException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** The terminal of this process, if it has one. */
final class Tty {
    private Tty() {}

    /** Returns whether a person reads standard output and types standard input. */
    static boolean isInteractive() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** Opens the terminal. */
    static Terminal open() throws IOException {
        return TerminalBuilder.builder()
                .system(true)
                // by stty: needs neither FFM, which a native executable lacks, nor a library that has to be unpacked
                .provider("exec")
                .nativeSignals(true)
                .build();
    }

    static boolean hasColour(Terminal terminal) {
        String off = System.getenv("NO_COLOR");
        return (off == null || off.isEmpty()) && !terminal.getType().startsWith(Terminal.TYPE_DUMB);
    }
}
