package io.quern.chat;

import io.quern.text.Printable;
import java.io.PrintWriter;
import java.util.Arrays;
import org.jline.terminal.Terminal;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;
import org.jline.utils.InfoCmp.Capability;

/** Output for people. Characters that would control the terminal become visible. */
public final class TerminalScreen implements Screen {
    private static final AttributedStyle FAINT = AttributedStyle.DEFAULT.faint();
    private static final AttributedStyle RED = AttributedStyle.DEFAULT.foreground(AttributedStyle.RED);
    private static final int NARROWEST = 10;

    private final Terminal terminal;
    private final PrintWriter out;
    private final boolean colour;
    private boolean statusShown;
    private boolean lineOpen;

    /** @param colour whether messages may have colours */
    public TerminalScreen(Terminal terminal, boolean colour) {
        this.terminal = terminal;
        this.out = terminal.writer();
        this.colour = colour;
    }

    @Override
    public synchronized void piece(String text) {
        clearStatus();
        int from = 0;
        for (int i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', from)) {
            out.print(shown(text.substring(from, i)));
            out.println();
            from = i + 1;
        }
        out.print(shown(text.substring(from)));
        lineOpen = !text.endsWith("\n");
        out.flush();
    }

    /** Tabs stay: they only indent. */
    private static String shown(String part) {
        return part.indexOf('\t') < 0
                ? Printable.line(part)
                : String.join(
                        "\t",
                        Arrays.stream(part.split("\t", -1)).map(Printable::line).toList());
    }

    @Override
    public synchronized void endOfAnswer() {
        clearStatus();
        if (lineOpen) {
            out.println();
            lineOpen = false;
        }
        out.flush();
    }

    @Override
    public synchronized void status(String text) {
        if (lineOpen) {
            return;
        }
        clearStatus();
        if (!text.isEmpty() && canOverwrite()) {
            int width = Math.max(NARROWEST, terminal.getWidth() - 1);
            String line = Printable.line(text);
            out.print(styled(line.length() > width ? line.substring(0, width) : line, FAINT));
            statusShown = true;
            out.flush();
        }
    }

    private boolean canOverwrite() {
        return terminal.getStringCapability(Capability.clr_eol) != null;
    }

    private void clearStatus() {
        if (statusShown) {
            out.print("\r");
            terminal.puts(Capability.clr_eol);
            statusShown = false;
        }
    }

    @Override
    public void note(String text) {
        line(text, FAINT);
    }

    @Override
    public void problem(String text) {
        line(text, RED);
    }

    private synchronized void line(String text, AttributedStyle style) {
        endOfAnswer();
        out.println(styled(Printable.lines(text), style));
        out.flush();
    }

    private String styled(String text, AttributedStyle style) {
        return colour ? new AttributedStringBuilder().styled(style, text).toAnsi(terminal) : text;
    }
}
