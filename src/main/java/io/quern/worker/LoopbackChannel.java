package io.quern.worker;

import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.nio.channels.Pipe;

/**
 * A connection within a process with two ends: what is written to one is read from the other. For a session that runs beside
 * its engine. Closing an end ends the other's stream; both ends are to be closed.
 */
public final class LoopbackChannel {
    private LoopbackChannel() {}

    /** The two ends. */
    public record Ends(ByteChannel engine, ByteChannel worker) {}

    public static Ends open() throws IOException {
        Pipe toWorker = Pipe.open();
        Pipe toEngine = Pipe.open();
        return new Ends(
                new DuplexChannel(toEngine.source(), toWorker.sink()),
                new DuplexChannel(toWorker.source(), toEngine.sink()));
    }
}
