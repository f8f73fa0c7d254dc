package io.quern.llama;

import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Joins the fragments that llama.cpp logs to whole lines. Pure; fragments may arrive on any of its threads.
 */
final class LogLines {
    private static final int CONTINUES = 5;
    private static final int MAX_LINE = 8192;

    private final LogLevel least;
    private final BiConsumer<LogLevel, String> lines;
    private final StringBuilder pending = new StringBuilder();
    private LogLevel level = LogLevel.INFO;

    /** @param least lowest level that is passed on */
    LogLines(LogLevel least, BiConsumer<LogLevel, String> lines) {
        this.least = least;
        this.lines = lines;
    }

    /**
     * Takes a fragment.
     *
     * @param code llama.cpp's level; 5 continues the previous line
     * @param text called only if the text is needed: most of what llama.cpp logs while loading is not
     */
    synchronized void fragment(int code, Supplier<String> text) {
        if (code != CONTINUES) {
            flush();
            level = LogLevel.of(code);
        }
        if (level.compareTo(least) >= 0) {
            split(text.get());
        }
    }

    private void split(String text) {
        int start = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
            append(text, start, end);
            flush();
            start = end + 1;
        }
        append(text, start, text.length());
    }

    private void append(String text, int start, int end) {
        int room = MAX_LINE - pending.length();
        pending.append(text, start, Math.min(end, start + room));
    }

    private void flush() {
        String line = pending.toString().strip();
        pending.setLength(0);
        if (!line.isEmpty()) {
            lines.accept(level, line);
        }
    }
}
