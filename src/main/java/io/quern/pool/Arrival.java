package io.quern.pool;

/** Whether a worker has received the whole of a request or a question. Thread-safe. */
final class Arrival {
    private volatile boolean reached;

    /** The worker has received all of it. */
    void reached() {
        reached = true;
    }

    boolean hasReached() {
        return reached;
    }
}
