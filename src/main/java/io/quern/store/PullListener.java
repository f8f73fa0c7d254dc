package io.quern.store;

/** Is notified while a model is pulled. Calls come from several threads, one at a time, and must return quickly. */
@FunctionalInterface
public interface PullListener {
    PullListener NONE = event -> {};

    void on(PullEvent event);
}
