package io.quern.worker;

import io.quern.llama.LogLevel;
import io.quern.socket.FrameConnection;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fatal;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The session's connection to the engine, which in development mode is exchanged for one to the application that follows. One thread
 * receives and exchanges; any thread sends.
 */
final class EngineLine {
    /** Connects to the engine once more. */
    interface Dialer {
        FrameConnection<EngineFrame, WorkerFrame> dial() throws IOException;
    }

    private final Dialer dialer;
    private FrameConnection<EngineFrame, WorkerFrame> connection;

    /** What a new connection is told too: Ready, and where states are kept. */
    private final List<WorkerFrame> lasting = new ArrayList<>();

    /** A connection that is the only one to its engine. */
    EngineLine(FrameConnection<EngineFrame, WorkerFrame> connection) {
        this(connection, () -> {
            throw new IOException("there is no other connection to this engine");
        });
    }

    EngineLine(FrameConnection<EngineFrame, WorkerFrame> connection, Dialer dialer) {
        this.connection = connection;
        this.dialer = dialer;
    }

    /** As {@link FrameConnection#receive}. */
    EngineFrame receive() throws IOException {
        FrameConnection<EngineFrame, WorkerFrame> current;
        synchronized (this) {
            current = connection;
        }
        return current.receive();
    }

    /** Changes the limit of frames, on the thread that receives. */
    synchronized void limit(int maxFrameBytes) {
        connection.limit(maxFrameBytes);
    }

    /** Waits while the engine does not read, and while the connection is exchanged: nothing may go before the new one's first frames. */
    synchronized void send(WorkerFrame frame) throws IOException {
        if (frame.hasReady() || frame.hasKeeps()) {
            lasting.add(frame);
        }
        connection.send(frame);
    }

    /** Tells the engine that the worker cannot serve, or the log if the engine is gone. */
    void sendFatal(String message, Fatal.Cause cause, WorkerLog log) {
        try {
            send(WorkerFrame.newBuilder()
                    .setFatal(Fatal.newBuilder()
                            .setMessage(String.valueOf(message))
                            .setCause(cause))
                    .build());
        } catch (IOException e) {
            log.worker(LogLevel.ERROR, message + " (the engine is gone and cannot be told)");
        }
    }

    /** Goes on over a new connection. The old one is closed: by that the engine sees that it is done. */
    synchronized void redial(WorkerFrame hello) throws IOException {
        if (lasting.isEmpty()) {
            throw new IOException("told to wait for another application before it was ready");
        }
        FrameConnection<EngineFrame, WorkerFrame> old = connection;
        try {
            connection = dialer.dial();
            connection.send(hello);
            for (WorkerFrame frame : lasting) {
                connection.send(frame);
            }
        } finally {
            old.close();
        }
    }
}
