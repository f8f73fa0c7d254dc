package io.quern.pool;

import java.time.Duration;

/**
 * Tells a worker that still moves from one that does not. A worker with requests sends a frame with every step, and every half a
 * second while it prepares one, so its silence is enough. A worker without requests is asked now and then, and has to answer.
 * Hand-fed with times ({@link io.quern.time.EngineClock#nanos}), so pure. Safe for use by several threads.
 */
final class Pulse {
    /** A step that takes long, of a large model on few cores, is told from none by how long others took. */
    private static final int STEPS = 20;

    /** A slow step is forgotten by degrees: half of it after some 44 others. */
    private static final int FORGETTING = 64;

    private final long limit;
    private final long firstLimit;
    private final long pingInterval;
    private long heard;
    private long longestStep;
    private boolean stepped;
    private boolean asked;
    private boolean begun;
    private int requests;

    /**
     * @param limit how long a worker with requests, or one that was asked, may be silent
     * @param firstLimit the same with requests before its first step, which may compile what it needs
     * @param pingInterval how long a worker without requests may be silent before it is asked; zero: it is never asked
     * @param now when the worker has connected
     */
    Pulse(Duration limit, Duration firstLimit, Duration pingInterval, long now) {
        this.limit = limit.toNanos();
        this.firstLimit = firstLimit.toNanos();
        this.pingInterval = pingInterval.toNanos();
        this.heard = now;
    }

    /** The worker sent something. */
    synchronized void heard(long now) {
        heard = now;
        asked = false;
    }

    /** The worker made a step that took so long. */
    synchronized void stepped(long now, long micros) {
        heard(now);
        stepped = true;
        longestStep = Math.max(longestStep - longestStep / FORGETTING, micros * 1000);
    }

    /** The first step will take no longer than others. */
    synchronized void warm() {
        stepped = true;
    }

    /** The worker is given a request. */
    synchronized void begins(long now) {
        begun = true;
        if (requests++ == 0) {
            heard(now);
        }
    }

    /** A request of the worker is over. */
    synchronized void ends() {
        requests--;
    }

    /**
     * Whether the worker is to be asked now.
     *
     * @return true once; the worker then has to answer within the limit
     */
    synchronized boolean asks(long now) {
        if (pingInterval == 0 || asked || requests > 0 || now - heard < pingInterval) {
            return false;
        }
        asked = true;
        heard = now;
        return true;
    }

    /** Whether the worker has requests; if not, its silence since a ping is what {@link #stuckFor} returns. */
    synchronized boolean busy() {
        return requests > 0;
    }

    /** The time since the worker was heard, or asked without an answer, if that is too long; else zero. */
    synchronized Duration stuckFor(long now) {
        if (requests == 0 && !asked) {
            return Duration.ZERO;
        }
        // a worker whose last request was cancelled may still be in the middle of a long step
        boolean first = begun && !stepped;
        long most = Math.max(limit, first ? firstLimit : STEPS * longestStep);
        long silent = now - heard;
        return silent > most ? Duration.ofNanos(silent) : Duration.ZERO;
    }
}
