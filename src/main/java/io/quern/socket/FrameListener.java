package io.quern.socket;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Listens on a Unix-domain socket in a directory of its own that only this user can enter (mode 0700). */
public final class FrameListener<I extends MessageLite, O extends MessageLite> implements AutoCloseable {
    /** The field sun_path holds 108 bytes on Linux and 104 on macOS, including the final zero. */
    static final int MAX_PATH_BYTES = 103;

    /** The prefix of these directories' names. */
    public static final String DIRECTORY_PREFIX = "quern-";

    static final String SOCKET_NAME = "s";

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private final Path directory;
    private final Path socket;
    private final ServerSocketChannel server;
    private final Parser<I> incoming;
    private final int maxFrameBytes;

    private FrameListener(
            Path directory, Path socket, ServerSocketChannel server, Parser<I> incoming, int maxFrameBytes) {
        this.directory = directory;
        this.socket = socket;
        this.server = server;
        this.incoming = incoming;
        this.maxFrameBytes = maxFrameBytes;
    }

    /**
     * Creates a new directory in {@code parent} and listens in it.
     *
     * @throws IOException if it cannot be created, or if the path is too long for a socket; in that case use a parent
     *     with a shorter path
     */
    public static <I extends MessageLite, O extends MessageLite> FrameListener<I, O> open(
            Path parent, Parser<I> incoming, int maxFrameBytes) throws IOException {
        StaleSockets.sweep(parent);
        Path directory = Files.createDirectory(parent.resolve(name()), ownerOnly(parent));
        Path socket = directory.resolve(SOCKET_NAME);
        ServerSocketChannel server = null;
        try {
            int length = socket.toString().getBytes().length;
            if (length > MAX_PATH_BYTES) {
                throw new IOException("The path of a Unix-domain socket may have at most " + MAX_PATH_BYTES
                        + " bytes, but " + socket + " has " + length);
            }
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
            return new FrameListener<>(directory, socket, server, incoming, maxFrameBytes);
        } catch (IOException e) {
            if (server != null) {
                server.close();
            }
            Files.deleteIfExists(socket);
            Files.deleteIfExists(directory);
            throw e;
        }
    }

    /**
     * Takes over the socket of an earlier application in this JVM. Clients that connected in the meantime wait in its
     * backlog.
     */
    public static <I extends MessageLite, O extends MessageLite> FrameListener<I, O> takeOver(
            Map<String, Object> parts, Parser<I> incoming, int maxFrameBytes) {
        Path socket = (Path) Objects.requireNonNull(parts.get("socket"));
        Path directory = Objects.requireNonNull(socket.getParent());
        ServerSocketChannel server = (ServerSocketChannel) Objects.requireNonNull(parts.get("server"));
        return new FrameListener<>(directory, socket, server, incoming, maxFrameBytes);
    }

    /**
     * Returns the socket for the next application in this JVM. No thread may be waiting in {@link #accept} any more.
     */
    public Map<String, Object> handOver() {
        return Map.of("server", server, "socket", socket);
    }

    /**
     * Wakes a thread that waits in {@link #accept} with a connection that sends nothing. An interrupt would close the
     * socket.
     */
    public void wake() throws IOException {
        SocketChannel.open(UnixDomainSocketAddress.of(socket)).close();
    }

    /** Returns whether the path of a socket in this folder would be short enough. */
    public static boolean fits(Path parent) {
        int random = ("/" + DIRECTORY_PREFIX + Long.toUnsignedString(-1) + "/" + SOCKET_NAME).length();
        return parent.toAbsolutePath().toString().getBytes().length + random <= MAX_PATH_BYTES;
    }

    public Path socket() {
        return socket;
    }

    /** Waits for the next connection. The peer identifies itself only by its frames. */
    public FrameConnection<I, O> accept() throws IOException {
        return new FrameConnection<>(server.accept(), incoming, maxFrameBytes);
    }

    /** Wraps a connection that was made in another way, with this listener's limits. */
    public FrameConnection<I, O> over(ByteChannel channel) {
        return new FrameConnection<>(channel, incoming, maxFrameBytes);
    }

    /** Stops listening and removes the socket and its directory. Existing connections stay open. */
    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(socket);
        Files.deleteIfExists(directory);
    }

    /** The name contains this process's id, which identifies the owner of a directory that has no socket yet. */
    private static String name() {
        return "%s%d-%08x"
                .formatted(
                        DIRECTORY_PREFIX,
                        ProcessHandle.current().pid(),
                        ThreadLocalRandom.current().nextInt());
    }

    private static FileAttribute<?>[] ownerOnly(Path parent) throws IOException {
        boolean posix = Files.getFileStore(parent).supportsFileAttributeView("posix");
        return posix
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
    }
}
