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
    /** sun_path holds 108 bytes on Linux, 104 on macOS, with a final zero. */
    static final int MAX_PATH_BYTES = 103;

    /** How the names of these directories begin. */
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
     * Makes a new directory below {@code parent} and listens in it.
     *
     * @throws IOException also where the path is longer than a socket's may be: name a shorter parent then
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
                throw new IOException("the path of a Unix-domain socket has at most " + MAX_PATH_BYTES + " bytes, "
                        + socket + " has " + length);
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
     * Goes on with the socket that an earlier application of this JVM has handed over; who has connected meanwhile
     * waits in it.
     */
    public static <I extends MessageLite, O extends MessageLite> FrameListener<I, O> takeOver(
            Map<String, Object> parts, Parser<I> incoming, int maxFrameBytes) {
        Path socket = (Path) Objects.requireNonNull(parts.get("socket"));
        Path directory = Objects.requireNonNull(socket.getParent());
        ServerSocketChannel server = (ServerSocketChannel) Objects.requireNonNull(parts.get("server"));
        return new FrameListener<>(directory, socket, server, incoming, maxFrameBytes);
    }

    /** Gives the socket to the application that follows in this JVM. Nobody may wait in {@link #accept} any more. */
    public Map<String, Object> handOver() {
        return Map.of("server", server, "socket", socket);
    }

    /**
     * Has a thread that waits in {@link #accept} get a connection that says nothing. An interrupt would close the
     * socket.
     */
    public void wake() throws IOException {
        SocketChannel.open(UnixDomainSocketAddress.of(socket)).close();
    }

    /** Whether a listener below this folder would have a path short enough. */
    public static boolean fits(Path parent) {
        int random = ("/" + DIRECTORY_PREFIX + Long.toUnsignedString(-1) + "/" + SOCKET_NAME).length();
        return parent.toAbsolutePath().toString().getBytes().length + random <= MAX_PATH_BYTES;
    }

    public Path socket() {
        return socket;
    }

    /** Waits for the next connection. Who it is must be asked by frames. */
    public FrameConnection<I, O> accept() throws IOException {
        return new FrameConnection<>(server.accept(), incoming, maxFrameBytes);
    }

    /** A connection that was made some other way, under this listener's limits. */
    public FrameConnection<I, O> over(ByteChannel channel) {
        return new FrameConnection<>(channel, incoming, maxFrameBytes);
    }

    /** Stops listening and removes socket and directory; connections stay. */
    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(socket);
        Files.deleteIfExists(directory);
    }

    /** Of this process, so that it can be told whose it was while it is empty still. */
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
