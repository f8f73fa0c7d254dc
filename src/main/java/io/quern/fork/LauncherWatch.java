package io.quern.fork;

import java.time.Duration;

/**
 * Detects a launcher that hangs. While it loads it must report progress. Afterwards the engine pings it while it owes
 * an answer or the report of a child's end. The reply distinguishes a hanging launcher from a child that ends slowly.
 * Pure: callers pass all times ({@link System#nanoTime}). Thread-safe.
 */
final class LauncherWatch {
    private final Patience patience;
    private boolean loading;
    private boolean asked;
    private long heard;

    /** Whether the last look showed the process stopped, and the first look of those in a row that did. */
    private boolean stopped;

    private long stoppedSince;

    /** @param loading whether it must still load */
    LauncherWatch(Patience patience, boolean loading, long now) {
        this.patience = patience;
        this.loading = loading;
        this.heard = now;
    }

    /** Records a message of the launcher, or that the engine itself was suspended. */
    synchronized void heard(long now) {
        heard = now;
        stopped = false;
    }

    /** Records the answer to a ping. */
    synchronized void answered(long now) {
        heard = now;
        asked = false;
    }

    /** Records the end of loading, successful or not. */
    synchronized void loaded(long now) {
        heard = now;
        loading = false;
    }

    /**
     * Returns whether to ping the launcher now.
     *
     * @param due whether an answer or a child's end is due
     */
    synchronized boolean asks(boolean due, long now) {
        if (loading || asked || !due) {
            return false;
        }
        asked = true;
        heard = now;
        return true;
    }

    /** Returns whether the launcher has to send something. */
    synchronized boolean waits() {
        return loading || asked;
    }

    /**
     * Returns how long the launcher's process has been stopped if that is too long, otherwise zero.
     *
     * @param nowStopped whether a look shows it stopped now
     */
    synchronized Duration stoppedFor(boolean nowStopped, long now) {
        if (!stopped) {
            stoppedSince = now;
        }
        stopped = nowStopped && waits() && !patience.stopped().isZero();
        long since = now - stoppedSince;
        return stopped && since > 0 && since >= patience.stopped().toNanos() ? Duration.ofNanos(since) : Duration.ZERO;
    }

    /** Returns how long the launcher has been silent if that is too long, otherwise zero. */
    synchronized Duration silentFor(long now) {
        long silent = now - heard;
        long most = loading ? patience.progress().toNanos() : patience.answer().toNanos();
        return waits() && silent > most ? Duration.ofNanos(silent) : Duration.ZERO;
    }
}
