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

/** The socket by which forked children write: each connects, says who it is in one line, and writes. */
final class ChildOutputs implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(ChildOutputs.class);

    private static final int MAX_ID_BYTES = 200;

    private final Path socket;
    private final ServerSocketChannel server;
    private final Function<String, @Nullable ForkedChild> children;

    /**
     * @param folder a private one
     * @param children by what they say they are; null: none of ours
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

    /** Takes them from now on, on a thread of its own. */
    void take() {
        EngineThreads.daemon("quern-launcher-output").start(this::takeAll);
    }

    private void takeAll() {
        while (server.isOpen()) {
            try {
                SocketChannel connection = server.accept();
                // a child that was stopped before it said who it is must not hold the others up
                EngineThreads.virtual("quern-launcher-output-id").start(() -> take(connection));
            } catch (IOException e) {
                LOG.debugf("a worker's output: %s", e.getMessage());
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
            LOG.debugf("a worker's output: %s", e.getMessage());
        }
    }

    /** Byte by byte: what follows is the child's own. */
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
            LOG.debugf("left behind: %s", e.getMessage());
        }
    }
}
