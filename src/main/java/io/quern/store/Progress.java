package io.quern.store;

import java.time.Duration;

/** Counts the bytes of a download and notifies the listener, one event at a time. Thread-safe. */
final class Progress implements PullListener {
    private static final long PERIOD_NANOS = Duration.ofMillis(200).toNanos();

    private final PullListener listener;
    private final long total;

    private long done;
    private long fetched;
    private long verified;
    private long notified = System.nanoTime() - PERIOD_NANOS;

    /** @param total bytes of all files, or 0 if unknown */
    Progress(PullListener listener, long total) {
        this.listener = listener;
        this.total = total;
    }

    @Override
    public synchronized void on(PullEvent event) {
        listener.on(event);
    }

    /** Bytes of an earlier attempt are here; a negative number takes them back. */
    synchronized void found(long bytes) {
        done += bytes;
        listener.on(new PullEvent.Downloading(done, fetched, total));
    }

    synchronized void arrived(int bytes) {
        done += bytes;
        fetched += bytes;
        if (isDue() || done == total) {
            listener.on(new PullEvent.Downloading(done, fetched, total));
        }
    }

    synchronized void verified(int bytes) {
        verified += bytes;
        if (isDue() || verified == total) {
            listener.on(new PullEvent.Verifying(verified, total));
        }
    }

    private boolean isDue() {
        long now = System.nanoTime();
        if (now - notified < PERIOD_NANOS) {
            return false;
        }
        notified = now;
        return true;
    }
}
