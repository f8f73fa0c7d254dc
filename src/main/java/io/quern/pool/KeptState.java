package io.quern.pool;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The state of a request that a worker has kept before it was lost or let the request go, for the worker that resumes
 * the request. Close it when that worker delivers a token or the request is over. Any thread may close it.
 */
public final class KeptState implements AutoCloseable {
    /** No state was kept. */
    public static final KeptState NOTHING = new KeptState(null, 0, () -> {});

    private final WorkerMemory memory;
    private final long request;
    private final Runnable release;
    private final AtomicBoolean closed = new AtomicBoolean();

    KeptState(WorkerMemory memory, long request, Runnable release) {
        this.memory = memory;
        this.request = request;
        this.release = release;
    }

    boolean isNothing() {
        return memory == null;
    }

    /** See {@link WorkerMemory#copy}. */
    boolean copyTo(WorkerMemory target, long offset, long maxBytes) throws IOException {
        return memory.copy(request, target, offset, maxBytes);
    }

    /** The number of the request on the worker that has kept it. */
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
