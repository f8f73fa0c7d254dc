package io.quern.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Ends the process at a deadline even if the end in good order hangs: a boot that waits for a dead file system, or a shutdown whose
 * classes cannot be loaded any more because somebody has overwritten the application's files.
 *
 * <p>Its thread runs from the start, and what it does at the deadline has been loaded by then: nothing but the JVM itself is needed.
 * Safe for use by several threads.
 */
final class EndWatch {
    /** For the last words, which may find a pipe that nobody reads. */
    private static final long LAST_WORDS_MILLIS = 200;

    private static final byte[] LAST_WORDS =
            "quern: the engine did not end in good order in time, so it ends by force\n"
                    .getBytes(StandardCharsets.US_ASCII);

    private final Thread lastWords = new Thread(EndWatch::sayLastWords, "quern-last-words");
    private boolean armed;
    private long deadline;
    private int code;

    private EndWatch() {
        lastWords.setDaemon(true);
    }

    /** Starts the thread that watches. */
    static EndWatch start() {
        EndWatch watch = new EndWatch();
        Thread.ofPlatform().daemon().name("quern-end-watch").start(watch::run);
        return watch;
    }

    /** Sets a deadline from now on, unless there is an earlier one. */
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
            // without last words, then
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
                // nobody has a reason to, and it has to go on
            }
        }
    }

    /** Not by System.err: who hangs may hold its lock. */
    private static void sayLastWords() {
        try (FileOutputStream out = new FileOutputStream(FileDescriptor.err)) {
            out.write(LAST_WORDS);
        } catch (IOException e) {
            // nobody listens
        }
    }
}
