package io.quern.process;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Keeps the last lines of a process's output, bounded in number and length. Thread-safe. */
final class OutputTail {
    static final int MAX_LINES = 40;
    static final int MAX_LINE_LENGTH = 2000;

    private final Deque<String> lines = new ArrayDeque<>(MAX_LINES);

    synchronized void add(String line) {
        if (lines.size() == MAX_LINES) {
            lines.removeFirst();
        }
        lines.addLast(line);
    }

    synchronized List<String> lines() {
        return List.copyOf(lines);
    }
}
