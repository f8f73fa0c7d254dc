package io.quern.worker;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.Pipe;

/**
 * One end of a connection within a process: what is written to it is read from the other end. For a session that runs beside
 * its engine. Closing an end ends the other's stream; both ends are to be closed.
 */
public final class LoopbackChannel implements ByteChannel {
    private final Pipe.SourceChannel source;
    private final Pipe.SinkChannel sink;

    /** The two ends. */
    public record Ends(LoopbackChannel engine, LoopbackChannel worker) {}

    private LoopbackChannel(Pipe.SourceChannel source, Pipe.SinkChannel sink) {
        this.source = source;
        this.sink = sink;
    }

    public static Ends open() throws IOException {
        Pipe toWorker = Pipe.open();
        Pipe toEngine = Pipe.open();
        return new Ends(
                new LoopbackChannel(toEngine.source(), toWorker.sink()),
                new LoopbackChannel(toWorker.source(), toEngine.sink()));
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return source.read(target);
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        return sink.write(bytes);
    }

    @Override
    public boolean isOpen() {
        return source.isOpen();
    }

    @Override
    public void close() throws IOException {
        try (source) {
            sink.close();
        }
    }
}
