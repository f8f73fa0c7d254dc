package io.quern.worker;

import io.quern.socket.FrameConnection;
import io.quern.wire.EngineFrame;
import io.quern.wire.WorkerFrame;
import java.io.IOException;

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

    /** Waits while the engine does not read, and while the connection is exchanged: nothing may go before the new one's first frames. */
    synchronized void send(WorkerFrame frame) throws IOException {
        connection.send(frame);
    }

    /** Goes on over a new connection, on which these go first. The old one is closed: by that the engine sees that it is done. */
    synchronized void redial(WorkerFrame... first) throws IOException {
        FrameConnection<EngineFrame, WorkerFrame> old = connection;
        try {
            connection = dialer.dial();
            for (WorkerFrame frame : first) {
                connection.send(frame);
            }
        } finally {
            old.close();
        }
    }
}
