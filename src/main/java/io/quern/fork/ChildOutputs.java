package io.quern.fork;

import io.quern.process.ForkedChild;
import io.quern.threads.EngineThreads;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The socket for the output of forked children: each connects, sends its id in one line, and then writes. */
final class ChildOutputs implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(ChildOutputs.class);

    private static final int MAX_ID_BYTES = 200;

    private final Path socket;
    private final ServerSocketChannel server;
    private final Function<String, @Nullable ForkedChild> children;

    /**
     * @param folder a private folder
     * @param children finds a child by its id; null if unknown
     */
    ChildOutputs(Path folder, Function<String, @Nullable ForkedChild> children) throws IOException {
        this.children = children;
        socket = folder.resolve("o");
        Files.deleteIfExists(socket);
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
    }

    Path socket() {
        return socket;
    }

    /** Starts accepting connections on its own thread. */
    void take() {
        EngineThreads.daemon("quern-launcher-output").start(this::takeAll);
    }

    private void takeAll() {
        while (server.isOpen()) {
            try {
                SocketChannel connection = server.accept();
                // a child that was stopped before it sent its id must not block the others
                EngineThreads.virtual("quern-launcher-output-id").start(() -> take(connection));
            } catch (IOException e) {
                LOG.debugf("A worker's output cannot be read: %s", e.getMessage());
            }
        }
    }

    private void take(SocketChannel connection) {
        try {
            InputStream stream = Channels.newInputStream(connection);
            ForkedChild child = children.apply(firstLine(stream));
            if (child == null) {
                stream.close();
            } else {
                child.readOutput(stream);
            }
        } catch (IOException e) {
            LOG.debugf("A worker's output cannot be read: %s", e.getMessage());
        }
    }

    /** Reads single bytes, since what follows the line belongs to the child. */
    private static String firstLine(InputStream stream) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = stream.read(); c >= 0 && c != '\n' && line.length() < MAX_ID_BYTES; c = stream.read()) {
            line.append((char) c);
        }
        return line.toString();
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            LOG.debugf("A socket cannot be deleted: %s", e.getMessage());
        }
    }
}
