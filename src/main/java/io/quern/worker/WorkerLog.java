package io.quern.worker;

import io.quern.llama.LogLevel;
import java.io.PrintStream;

/**
 * Writes the worker's stderr, of which the engine keeps the last lines: {@code LEVEL source: message}.
 *
 * @param least the lowest level to print
 */
record WorkerLog(PrintStream target, LogLevel least) {

    /** Prints a line of llama.cpp's log. */
    void llama(LogLevel level, String message) {
        print(level, "llama", message);
    }

    void worker(LogLevel level, String message) {
        print(level, "worker", message);
    }

    private void print(LogLevel level, String source, String message) {
        if (level.compareTo(least) >= 0) {
            target.println(level + " " + source + ": " + message);
        }
    }
}
