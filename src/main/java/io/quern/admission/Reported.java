package io.quern.admission;

/** Counts what a worker reports, so that what another worker has already reported is not delivered twice. */
final class Reported {
    private int delivered;
    private int byThisWorker;

    /** Another worker begins from the start. */
    void again() {
        byThisWorker = 0;
    }

    /** Counts the next ones. Returns how many of them were delivered before. */
    int skip(int count) {
        int known = Math.clamp(delivered - byThisWorker, 0, count);
        byThisWorker += count;
        delivered = Math.max(delivered, byThisWorker);
        return known;
    }
}
