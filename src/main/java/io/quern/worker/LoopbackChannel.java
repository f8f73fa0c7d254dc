package io.quern.worker;

import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.nio.channels.Pipe;

/**
 * A connection with two ends inside one process, for a session in the engine's process. What is written to one end is
 * read from the other. Closing an end ends the other's stream. Both ends must be closed.
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
