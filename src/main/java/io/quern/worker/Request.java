package io.quern.worker;

import io.quern.wire.Generate;

/** A request from its Generate frame to its end. */
final class Request {
    private final Generate generate;
    private volatile boolean cancelled;
    private volatile long leaving;

    Request(Generate generate) {
        this.generate = generate;
    }

    long id() {
        return generate.getRequest();
    }

    Generate generate() {
        return generate;
    }

    /** The scope of requests with which it may share its computed prompt, or empty for none. */
    String prefixScope() {
        return generate.getPrefixScope();
    }

    void cancel() {
        cancelled = true;
    }

    boolean cancelled() {
        return cancelled;
    }

    /**
     * Asks the request to leave for another worker.
     *
     * @param bytes the largest state with which it may
     */
    void leave(long bytes) {
        leaving = bytes;
    }

    /** Returns the largest state with which it may leave, or 0 if it is not asked to. */
    long leaving() {
        return leaving;
    }

    /** It does not leave. */
    void stays() {
        leaving = 0;
    }
}
