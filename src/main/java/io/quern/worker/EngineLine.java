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
 * The session's connection to the engine. In development mode a connection to the next application replaces it. One
 * thread receives and replaces; any thread may send.
 */
final class EngineLine {
    /** Connects to the engine again. */
    interface Dialer {
        FrameConnection<EngineFrame, WorkerFrame> dial() throws IOException;
    }

    private final Dialer dialer;
    private FrameConnection<EngineFrame, WorkerFrame> connection;

    /** Frames to repeat on a new connection: Ready, and the place of state copies. */
    private final List<WorkerFrame> lasting = new ArrayList<>();

    /** Creates a line that cannot reconnect. */
    EngineLine(FrameConnection<EngineFrame, WorkerFrame> connection) {
        this(connection, () -> {
            throw new IOException("this worker cannot reconnect to its engine");
        });
    }

    EngineLine(FrameConnection<EngineFrame, WorkerFrame> connection, Dialer dialer) {
        this.connection = connection;
        this.dialer = dialer;
    }

    /** Receives as {@link FrameConnection#receive} does. */
    EngineFrame receive() throws IOException {
        FrameConnection<EngineFrame, WorkerFrame> current;
        synchronized (this) {
            current = connection;
        }
        return current.receive();
    }

    /** Changes the limit of frames. Only for the receiving thread. */
    synchronized void limit(int maxFrameBytes) {
        connection.limit(maxFrameBytes);
    }

    /** Sends a frame. Waits while the engine does not read, and until a new connection has sent its first frames. */
    synchronized void send(WorkerFrame frame) throws IOException {
        if (frame.hasReady() || frame.hasKeeps()) {
            lasting.add(frame);
        }
        connection.send(frame);
    }

    /** Reports to the engine that the worker cannot serve, or logs it if the engine is gone. */
    void sendFatal(String message, Fatal.Cause cause, WorkerLog log) {
        try {
            send(WorkerFrame.newBuilder()
                    .setFatal(Fatal.newBuilder()
                            .setMessage(String.valueOf(message))
                            .setCause(cause))
                    .build());
        } catch (IOException e) {
            log.worker(LogLevel.ERROR, message + " (the engine is gone and does not get this message)");
        }
    }

    /** Continues on a new connection. Closes the old one, which shows the engine that the worker is parked. */
    synchronized void redial(WorkerFrame hello) throws IOException {
        if (lasting.isEmpty()) {
            throw new IOException("the engine parked this worker before it was ready");
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
