package io.quern.fork;

import java.time.Duration;

/**
 * Tells a launcher that answers from one that does not. While it loads it has to report progress. Afterwards it is asked (ping) as long
 * as something is due from it, an answer or a child's end: the reply tells a launcher that hangs from a child that takes its time to
 * end. Hand-fed with times ({@link System#nanoTime}), so pure. Used by several threads.
 */
final class LauncherWatch {
    private final Patience patience;
    private boolean loading;
    private boolean asked;
    private long heard;

    /** @param loading whether it still has to load */
    LauncherWatch(Patience patience, boolean loading, long now) {
        this.patience = patience;
        this.loading = loading;
        this.heard = now;
    }

    /** The launcher sent something, or the engine itself has slept and could not hear it. */
    synchronized void heard(long now) {
        heard = now;
    }

    /** The launcher answered a ping. */
    synchronized void answered(long now) {
        heard = now;
        asked = false;
    }

    /** Loading is over, well or not. */
    synchronized void loaded(long now) {
        heard = now;
        loading = false;
    }

    /**
     * Whether the launcher is to be asked now.
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

    /** How long the launcher has been silent, if that is too long; else zero. */
    synchronized Duration silentFor(long now) {
        long silent = now - heard;
        long most = loading ? patience.progress().toNanos() : patience.answer().toNanos();
        return (loading || asked) && silent > most ? Duration.ofNanos(silent) : Duration.ZERO;
    }
}
