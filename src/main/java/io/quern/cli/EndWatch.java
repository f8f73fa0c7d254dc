package io.quern.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Ends the process at a deadline if the orderly shutdown hangs. That happens if a boot waits for a dead file system, or
 * if somebody has overwritten the application's files, so that the classes of the shutdown cannot be loaded.
 *
 * <p>Its thread starts first, and its code is loaded before the deadline, so it needs only the JVM. Thread-safe.
 */
final class EndWatch {
    /** Time to write the last message, which would block if nobody reads the pipe. */
    private static final long LAST_WORDS_MILLIS = 200;

    private static final byte[] LAST_WORDS =
            "quern: the engine did not shut down in time, so it exits by force\n".getBytes(StandardCharsets.US_ASCII);

    private final Thread lastWords = new Thread(EndWatch::sayLastWords, "quern-last-words");
    private boolean armed;
    private long deadline;
    private int code;

    private EndWatch() {
        lastWords.setDaemon(true);
    }

    /** Starts the watching thread. */
    static EndWatch start() {
        EndWatch watch = new EndWatch();
        Thread.ofPlatform().daemon().name("quern-end-watch").start(watch::run);
        return watch;
    }

    /** Sets a deadline from now, unless an earlier one is set. */
    synchronized void endWithin(Duration time, int exitCode) {
        long until = System.nanoTime() + time.toNanos();
        if (!armed || until - deadline < 0) {
            armed = true;
            deadline = until;
            code = exitCode;
            notifyAll();
        }
    }

    private void run() {
        Runtime runtime = Runtime.getRuntime();
        int exitCode = awaitDeadline();
        try {
            lastWords.start();
            lastWords.join(LAST_WORDS_MILLIS);
        } catch (InterruptedException | RuntimeException | Error e) {
            // exit without the message
        }
        runtime.halt(exitCode);
    }

    private synchronized int awaitDeadline() {
        while (true) {
            long millis = armed ? (deadline - System.nanoTime()) / 1_000_000 : Long.MAX_VALUE;
            if (millis <= 0) {
                return code;
            }
            try {
                wait(millis);
            } catch (InterruptedException e) {
                // nobody interrupts it on purpose, and it must keep watching
            }
        }
    }

    /** Does not use System.err: a hanging thread may hold its lock. */
    private static void sayLastWords() {
        try (FileOutputStream out = new FileOutputStream(FileDescriptor.err)) {
            out.write(LAST_WORDS);
        } catch (IOException e) {
            // nobody reads it
        }
    }
}
