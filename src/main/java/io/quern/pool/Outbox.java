package io.quern.pool;

import io.quern.socket.FrameConnection;
import io.quern.wire.EngineFrame;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * Frames on their way to a worker. Event loops add them without blocking, and the outbox's own thread writes them.
 * The outbox is bounded: a worker that stops reading is lost, and does not fill the engine's memory.
 */
final class Outbox {
    static final int MAX_FRAMES = 4096;
    static final long MAX_BYTES = 128L << 20;

    private final FrameConnection<WorkerFrame, EngineFrame> connection;
    private final Queue<EngineFrame> frames = new ArrayDeque<>();
    private long bytes;
    private boolean closed;

    Outbox(FrameConnection<WorkerFrame, EngineFrame> connection) {
        this.connection = connection;
    }

    /** Returns false if the outbox is full or closed. */
    synchronized boolean offer(EngineFrame frame) {
        int size = frame.getSerializedSize();
        if (closed || frames.size() >= MAX_FRAMES || bytes + size > MAX_BYTES) {
            return false;
        }
        frames.add(frame);
        bytes += size;
        notifyAll();
        return true;
    }

    synchronized void close() {
        closed = true;
        frames.clear();
        notifyAll();
    }

    /**
     * Writes frames until the outbox is closed or the connection breaks.
     *
     * @param begins called before each frame is written
     * @param sent called after a whole frame is written
     */
    void run(Consumer<EngineFrame> begins, Runnable sent) throws IOException, InterruptedException {
        for (EngineFrame next = take(); next != null; next = take()) {
            begins.accept(next);
            connection.send(next);
            sent.run();
        }
    }

    private synchronized EngineFrame take() throws InterruptedException {
        while (frames.isEmpty() && !closed) {
            wait();
        }
        EngineFrame next = frames.poll();
        if (next != null) {
            bytes -= next.getSerializedSize();
        }
        return next;
    }
}
