package io.quern.cli;

import java.io.IOException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** The terminal of this process. */
final class Tty {
    private Tty() {}

    /** Returns whether a person types standard input and reads standard output. */
    static boolean isInteractive() {
        return Streams.IN.isTerminal() && Streams.OUT.isTerminal();
    }

    /**
     * Opens the terminal. JLine uses {@code stty} for it. That works in a native executable, which has no FFM, and
     * needs no library that has to be unpacked. Without {@code stty} the terminal is dumb: lines cannot be edited.
     *
     * @param signals whether JLine handles Ctrl-C
     */
    static Terminal open(boolean signals) throws IOException {
        return TerminalBuilder.builder()
                .system(true)
                .provider(TerminalBuilder.PROP_PROVIDER_EXEC)
                .dumb(true)
                .nativeSignals(signals)
                .build();
    }
}
