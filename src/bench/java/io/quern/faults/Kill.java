package io.quern.faults;

import java.io.IOException;

/** The signals that Java cannot send. */
final class Kill {
    private Kill() {}

    /** SIGSTOP. */
    static void stop(long pid) throws IOException, InterruptedException {
        if (new ProcessBuilder("kill", "-STOP", Long.toString(pid)).start().waitFor() != 0) {
            throw new IOException("process " + pid + " could not be stopped");
        }
    }
}
