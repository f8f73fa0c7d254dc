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
 * Sends messages to a launcher in order, on its own thread, since event loops and the supervisor must not wait for a
 * loading launcher.
 */
final class LauncherWriter {
    private static final Logger LOG = Logger.getLogger(LauncherWriter.class);

    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            EngineThreads.daemon("quern-launcher-write").factory());
    private volatile @Nullable WritableByteChannel connection;

    /** Starts sending. Earlier messages are dropped. */
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
            LOG.debugf("The launcher has ended, so this message is not sent: %s", message.verb());
        }
    }

    /** Writes pending messages, such as signals to children, and closes the connection. */
    void close() {
        thread.execute(() -> {
            if (connection != null) {
                LauncherProcess.close(connection);
            }
        });
        thread.shutdown();
    }

    /** Stops sending and leaves the connection open for the next owner. */
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
            LOG.debugf("Cannot send a message to the launcher: %s", e.getMessage());
        }
    }
}
