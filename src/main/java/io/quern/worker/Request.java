package io.quern.worker;

import io.quern.wire.Generate;

/** A request between its Generate frame and its end. */
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

    /** With whose requests it may share what is computed of its prompt; empty: with none. */
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
