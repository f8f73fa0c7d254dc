package io.quern.fork;

import io.quern.threads.EngineThreads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages to a launcher, in order, on a thread of its own: event loops and the supervisor send some, and must
 * not wait for a launcher that loads.
 */
final class LauncherWriter {
    private static final Logger LOG = Logger.getLogger(LauncherWriter.class);

    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            EngineThreads.daemon("quern-launcher-write").factory());
    private volatile @Nullable WritableByteChannel connection;

    /** Messages sent before this are dropped. */
    void open(WritableByteChannel toLauncher) {
        connection = toLauncher;
    }

    /** Null before {@link #open}. */
    @Nullable
    WritableByteChannel connection() {
        return connection;
    }

    /** @throws IllegalArgumentException if the message cannot be encoded */
    void send(ControlMessage message) {
        ByteBuffer bytes = message.encode();
        try {
            thread.execute(() -> write(bytes));
        } catch (RejectedExecutionException e) {
            LOG.debugf("the launcher has ended, it is not told: %s", message.verb());
        }
    }

    /** Writes what is still to be written, signals to children among it, and closes the connection. */
    void close() {
        thread.execute(() -> {
            if (connection != null) {
                LauncherProcess.close(connection);
            }
        });
        thread.shutdown();
    }

    /** Sends no more and leaves the connection open, for whoever takes it over. */
    void stop() {
        thread.shutdown();
    }

    private void write(ByteBuffer bytes) {
        try {
            WritableByteChannel open = connection;
            while (open != null && bytes.hasRemaining()) {
                open.write(bytes);
            }
        } catch (IOException e) {
            LOG.debugf("the launcher cannot be told: %s", e.getMessage());
        }
    }
}
