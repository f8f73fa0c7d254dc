package io.quern.pool;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What a lost worker has kept of a request, for the one that goes on with it. To be closed once that has brought something, or the
 * request is over; any thread may.
 */
public final class KeptState implements AutoCloseable {
    /** Nothing was kept. */
    public static final KeptState NOTHING = new KeptState(null, 0, () -> {});

    private final String path;
    private final long request;
    private final Runnable release;
    private final AtomicBoolean closed = new AtomicBoolean();

    KeptState(String path, long request, Runnable release) {
        this.path = path;
        this.request = request;
        this.release = release;
    }

    /** Where the memory can be opened; null if there is none. */
    String path() {
        return path;
    }

    /** The request's number on the lost worker. */
    long request() {
        return request;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            release.run();
        }
    }
}
