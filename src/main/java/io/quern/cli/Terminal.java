package io.quern.cli;

import io.quern.text.Printable;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;

/**
 * Escapes what commands print, so that texts from model files, devices and the environment cannot control the terminal.
 */
final class Terminal extends FilterWriter {
    private Terminal(Writer out) {
        super(out);
    }

    /** Lets line breaks pass: the commands escape those of other texts by {@link Printable#line} first. */
    static PrintWriter of(PrintWriter out) {
        return new PrintWriter(new Terminal(out));
    }

    @Override
    public void write(int c) throws IOException {
        write(String.valueOf((char) c), 0, 1);
    }

    @Override
    public void write(char[] text, int from, int length) throws IOException {
        write(new String(text, from, length), 0, length);
    }

    @Override
    public void write(String text, int from, int length) throws IOException {
        String part = text.substring(from, from + length);
        int start = 0;
        for (int end = part.indexOf('\n'); end >= 0; end = part.indexOf('\n', start)) {
            out.write(Printable.line(part.substring(start, end)));
            out.write('\n');
            start = end + 1;
        }
        out.write(Printable.line(part.substring(start)));
    }
}
