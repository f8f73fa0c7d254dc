package io.quern.faults;

import java.io.IOException;

/** The signals that Java cannot send. */
public final class Kill {
    private Kill() {}

    /** SIGSTOP. */
    public static void stop(long pid) throws IOException, InterruptedException {
        send("-STOP", pid);
    }

    /** SIGCONT. */
    public static void goOn(long pid) throws IOException, InterruptedException {
        send("-CONT", pid);
    }

    private static void send(String signal, long pid) throws IOException, InterruptedException {
        // the shell's own, since many containers have no program of that name
        if (new ProcessBuilder("sh", "-c", "kill " + signal + " " + pid).start().waitFor() != 0) {
            throw new IOException("process " + pid + " could not be sent " + signal);
        }
    }
}
