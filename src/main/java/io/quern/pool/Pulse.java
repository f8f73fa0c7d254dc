package io.quern.pool;

import java.time.Duration;

/**
 * Detects a worker that has stopped responding. A worker with requests sends a frame with every step, and every half
 * second while it prepares one, so a missing frame is enough. A worker without requests is pinged from time to time
 * and must answer. All times are passed in ({@link io.quern.time.EngineClock#nanos}). Thread-safe.
 */
final class Pulse {
    /**
     * A step may take this many times the longest one, so that slow steps of a large model on few cores are
     * tolerated.
     */
    private static final int STEPS = 20;

    /** A slow step is forgotten gradually: half of it after some 44 others. */
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
     * @param limit how long a worker with requests, or one that was pinged, may send nothing
     * @param firstLimit the same before the first step, which may compile kernels
     * @param pingInterval how long a worker without requests may send nothing before it is pinged; zero: it is never
     *     pinged
     * @param now when the worker connected
     */
    Pulse(Duration limit, Duration firstLimit, Duration pingInterval, long now) {
        this.limit = limit.toNanos();
        this.firstLimit = firstLimit.toNanos();
        this.pingInterval = pingInterval.toNanos();
        this.heard = now;
    }

    /** The worker sent a frame. */
    synchronized void heard(long now) {
        heard = now;
        asked = false;
    }

    /** The worker completed a step that took this long. */
    synchronized void stepped(long now, long micros) {
        heard(now);
        stepped = true;
        longestStep = Math.max(longestStep - longestStep / FORGETTING, micros * 1000);
    }

    /** The first step will take no longer than others. */
    synchronized void warm() {
        stepped = true;
    }

    /** The worker gets a request. */
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
     * Returns whether to ping the worker now.
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

    /** Returns whether the worker has requests. If not, {@link #stuckFor} measures the time since a ping. */
    synchronized boolean busy() {
        return requests > 0;
    }

    /** Returns the time since the last frame or the unanswered ping if it is too long, and zero otherwise. */
    synchronized Duration stuckFor(long now) {
        if (requests == 0 && !asked) {
            return Duration.ZERO;
        }
        // a worker whose last request was cancelled may still be in a long step
        boolean first = begun && !stepped;
        long most = Math.max(limit, first ? firstLimit : STEPS * longestStep);
        long silent = now - heard;
        return silent > most ? Duration.ofNanos(silent) : Duration.ZERO;
    }
}
