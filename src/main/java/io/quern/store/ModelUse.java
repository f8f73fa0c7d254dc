package io.quern.store;

/**
 * Marks a model as used by this process, so that no process removes it. The mark ends with {@link #close} or with the
 * process, whatever way it ends.
 */
public interface ModelUse extends AutoCloseable {

    /** Ends the mark. May be called several times. */
    @Override
    void close();
}
