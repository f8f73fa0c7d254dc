package io.quern.worker;

import io.quern.llama.LogLevel;
import java.io.PrintStream;

/**
 * The worker's stderr, which the engine keeps the tail of: lines of the form {@code LEVEL source: message}.
 *
 * @param least lines below this level are not printed
 */
record WorkerLog(PrintStream target, LogLevel least) {

    /** A line of llama.cpp's. */
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
