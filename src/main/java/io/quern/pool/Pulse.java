package io.quern.pool;

import java.time.Duration;

/**
 * Whether a worker that has something to do still moves. Idle is healthy, busy is healthy, and a worker that has work and says
 * nothing is not: it sends a frame with every step, and every half a second while it prepares one. Hand-fed with times
 * ({@link System#nanoTime}), so pure. Safe for use by several threads.
 */
final class Pulse {
    /** A step that takes long, of a large model on few cores, is told from none by how long others took. */
    private static final int STEPS = 20;

    /** A slow step is forgotten by degrees: half of it after some 44 others. */
    private static final int FORGETTING = 64;

    private final long limit;
    private final long firstLimit;
    private long heard;
    private long longestStep;
    private boolean stepped;
    private int requests;

    /**
     * @param limit how long a worker with work may be silent
     * @param firstLimit the same before its first step, which may compile what it needs
     */
    Pulse(Duration limit, Duration firstLimit) {
        this.limit = limit.toNanos();
        this.firstLimit = firstLimit.toNanos();
    }

    /** It said something. */
    synchronized void heard(long now) {
        heard = now;
    }

    /** It made a step that took so long. */
    synchronized void stepped(long now, long micros) {
        heard = now;
        stepped = true;
        longestStep = Math.max(longestStep - longestStep / FORGETTING, micros * 1000);
    }

    /** Its first step will take no longer than others. */
    synchronized void warm() {
        stepped = true;
    }

    /** It is given a request. */
    synchronized void begins(long now) {
        if (requests++ == 0) {
            heard = now;
        }
    }

    /** A request of its is over. */
    synchronized void ends() {
        requests--;
    }

    /** How long it has been silent with work to do, where that is too long; else zero. */
    synchronized Duration stuckFor(long now) {
        long most = stepped ? Math.max(limit, STEPS * longestStep) : Math.max(limit, firstLimit);
        long silent = now - heard;
        return requests > 0 && silent > most ? Duration.ofNanos(silent) : Duration.ZERO;
    }
}
