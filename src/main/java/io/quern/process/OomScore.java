package io.quern.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whom the kernel kills first where memory runs out: each child before this process. What a child has been doing can be done again by
 * another one; with this process all is gone. What children start has their score as well. Linux; elsewhere there is nothing to be set.
 */
final class OomScore {
    /** As src/main/c/child.c adds for its own children: 300 thousandths of the memory there is, besides what the child has. */
    private static final int ADDED = 300;

    private static final int MOST = 1000;

    private OomScore() {}

    /** To be called by the process that has started it; raising needs no privilege. A wish, not a need. */
    static void raise(long child) {
        Path score = Path.of("/proc", Long.toString(child), "oom_score_adj");
        try {
            int own = Integer.parseInt(
                    Files.readString(Path.of("/proc/self/oom_score_adj")).strip());
            Files.writeString(score, Integer.toString(Math.min(MOST, own + ADDED)));
        } catch (IOException | NumberFormatException e) {
            // no Linux, or it has ended already
        }
    }
}
