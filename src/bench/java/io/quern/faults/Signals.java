package io.quern.faults;

import java.io.IOException;
import java.time.Duration;

/** Sends signals that Java cannot send. */
public final class Signals {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private Signals() {}

    /** Sends SIGSTOP. */
    public static void stop(long pid) throws IOException, InterruptedException {
        send("-STOP", pid);
    }

    /** Sends SIGCONT. */
    public static void resume(long pid) throws IOException, InterruptedException {
        send("-CONT", pid);
    }

    private static void send(String signal, long pid) throws IOException, InterruptedException {
        // The kill command of the shell: many containers have no such program.
        Process kill = new ProcessBuilder("sh", "-c", "kill " + signal + " " + pid).start();
        if (!kill.waitFor(TIMEOUT) || kill.exitValue() != 0) {
            throw new IOException("cannot send " + signal + " to process " + pid);
        }
    }
}
