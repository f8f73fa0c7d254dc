package io.quern.cli;

import java.io.IOException;
import java.util.List;
import org.jline.terminal.Terminal;
import org.jline.utils.AttributedString;
import org.jline.utils.Display;

/** Lines at the bottom of the terminal that are replaced again and again. Used by one thread. */
final class LiveLines implements AutoCloseable {
    private static final int ASSUMED_WIDTH = 80;
    private static final int ASSUMED_HEIGHT = 24;

    private final Terminal terminal;
    private final Display display;

    /** Opens the terminal; standard output must be one. */
    LiveLines() throws IOException {
        terminal = Tty.open(false);
        display = new Display(terminal, false);
    }

    int width() {
        return terminal.getWidth() > 0 ? terminal.getWidth() : ASSUMED_WIDTH;
    }

    /** Shows these lines in place of the last ones, as far as they fit on the terminal. */
    void show(List<String> lines) {
        int height = terminal.getHeight() > 0 ? terminal.getHeight() : ASSUMED_HEIGHT;
        int width = width();
        display.resize(height, width);
        List<AttributedString> shown = lines.stream()
                .limit(height - 1L)
                .map(AttributedString::fromAnsi)
                .map(line -> line.columnLength() > width ? line.columnSubSequence(0, width) : line)
                .toList();
        display.update(shown, -1);
        terminal.flush();
    }

    /** Removes the lines. */
    @Override
    public void close() throws IOException {
        display.update(List.of(), 0);
        terminal.flush();
        terminal.close();
    }
}
