package io.quern.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Makes the kernel kill children before the engine when memory runs out. Another child can repeat the work of a lost
 * one, but without the engine everything is lost. Processes that children start inherit the score. Does nothing on
 * systems other than Linux.
 */
final class OomScore {
    /** The same as in src/main/c/server.c: counts as 30% of the memory in addition to what the child uses. */
    private static final int ADDED = 300;

    private static final int MOST = 1000;

    private OomScore() {}

    /** Raises the score of a child, which needs no privilege. Ignores failures. */
    static void raise(long child) {
        Path score = Path.of("/proc", Long.toString(child), "oom_score_adj");
        try {
            int own = Integer.parseInt(
                    Files.readString(Path.of("/proc/self/oom_score_adj")).strip());
            Files.writeString(score, Integer.toString(Math.min(MOST, own + ADDED)));
        } catch (IOException | NumberFormatException e) {
            // not Linux, or the child has already ended
        }
    }
}
