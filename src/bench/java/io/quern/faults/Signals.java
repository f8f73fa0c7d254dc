package io.quern.faults;

import java.io.IOException;

/** Sends signals that Java cannot send. */
public final class Signals {
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
        if (new ProcessBuilder("sh", "-c", "kill " + signal + " " + pid).start().waitFor() != 0) {
            throw new IOException("cannot send " + signal + " to process " + pid);
        }
    }
}
