package io.quern.worker;

import io.quern.wire.Generate;

/** A request from its Generate frame to its end. */
final class Request {
    private final Generate generate;
    private volatile boolean cancelled;

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
}
