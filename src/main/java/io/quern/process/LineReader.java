package io.quern.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Cuts a child's output into lines of bounded length and drops the rest of longer lines, so that output without line
 * ends cannot fill the engine's memory.
 */
public final class LineReader {
    private LineReader() {}

    /** Reads to the end of the stream. A broken stream (the child was killed) counts as ended. */
    public static void read(InputStream stream, int maxLineLength, Consumer<String> lines) {
        StringBuilder line = new StringBuilder();
        try (Reader reader = new InputStreamReader(stream, StandardCharsets.UTF_8)) {
            char[] chunk = new char[1024];
            for (int n = reader.read(chunk); n >= 0; n = reader.read(chunk)) {
                for (int i = 0; i < n; i++) {
                    char c = chunk[i];
                    if (c == '\n') {
                        lines.accept(line.toString());
                        line.setLength(0);
                    } else if (c != '\r' && line.length() < maxLineLength) {
                        line.append(c);
                    }
                }
            }
        } catch (IOException e) {
            // the pipe broke, so no more output will come
        }
        if (!line.isEmpty()) {
            lines.accept(line.toString());
        }
    }
}
