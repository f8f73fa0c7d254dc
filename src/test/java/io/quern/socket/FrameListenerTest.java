package io.quern.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.wire.Cancel;
import io.quern.wire.EngineFrame;
import io.quern.wire.Hello;
import io.quern.wire.WireException;
import io.quern.wire.WorkerFrame;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FrameListenerTest {
    private static final int LIMIT = 1 << 20;

    @TempDir
    Path folder;

    @Test
    void framesGoBothWays() throws IOException {
        try (var listener = listen();
                var worker = FrameConnection.<EngineFrame, WorkerFrame>connect(
                        listener.socket(), EngineFrame.parser(), LIMIT);
                var engine = listener.accept()) {
            WorkerFrame hello = WorkerFrame.newBuilder()
                    .setHello(Hello.newBuilder().setToken("t"))
                    .build();
            EngineFrame cancel = EngineFrame.newBuilder()
                    .setCancel(Cancel.newBuilder().setRequest(9))
                    .build();
            worker.send(hello);
            engine.send(cancel);
            engine.send(cancel);
            assertThat(engine.receive()).isEqualTo(hello);
            assertThat(worker.receive()).isEqualTo(cancel);
            assertThat(worker.receive()).isEqualTo(cancel);
        }
    }

    @Test
    void closeByPeerEndsTheStream() throws IOException {
        try (var listener = listen()) {
            FrameConnection.<EngineFrame, WorkerFrame>connect(listener.socket(), EngineFrame.parser(), LIMIT)
                    .close();
            try (var engine = listener.accept()) {
                assertThat(engine.receive()).isNull();
            }
        }
    }

    @Test
    void endWithinFrameIsAnError() throws IOException {
        try (var listener = listen()) {
            write(listener.socket(), ByteBuffer.wrap(new byte[] {0, 0, 0, 9, 1}));
            try (var engine = listener.accept()) {
                assertThatThrownBy(engine::receive).isInstanceOf(EOFException.class);
            }
        }
    }

    @Test
    void garbageIsAnError() throws IOException {
        try (var listener = listen()) {
            write(listener.socket(), ByteBuffer.wrap("GET / HTTP/1.1\r\n\r\n".getBytes()));
            try (var engine = listener.accept()) {
                assertThatThrownBy(engine::receive).isInstanceOf(WireException.class);
            }
        }
    }

    @Test
    void directoryIsPrivateAndRemovedOnClose() throws IOException {
        Path directory;
        try (var listener = listen()) {
            directory = listener.socket().getParent();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                    .isEqualTo("rwx------");
        }
        assertThat(directory).doesNotExist();
    }

    @Test
    void onlySocketsOfKilledEnginesAreRemoved() throws IOException {
        Path dead = Files.createDirectory(folder.resolve("quern-1"));
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(dead.resolve("s")))
                .close();
        assertThat(dead.resolve("s")).exists();
        try (var alive = listen()) {
            try (var next = listen()) {
                assertThat(dead).doesNotExist();
                assertThat(alive.socket()).exists();
                assertThat(next.socket()).exists();
            }
        }
    }

    @Test
    void folderOfEngineKilledEarlyIsRemoved() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        Path dead = empty(ended.pid(), Duration.ofMinutes(1));
        Path young = empty(ended.pid(), Duration.ZERO);
        Path alive = empty(ProcessHandle.current().pid(), Duration.ofMinutes(1));
        Path full = empty(ended.pid(), Duration.ofMinutes(1));
        Files.writeString(full.resolve("something"), "content");
        Files.setLastModifiedTime(full, FileTime.from(Instant.now().minus(Duration.ofMinutes(1))));
        try (var listener = listen()) {
            assertThat(dead).doesNotExist();
            assertThat(young).exists();
            assertThat(alive).exists();
            assertThat(full).exists();
        }
    }

    @Test
    void linkInPlaceOfFolderIsNotFollowed(@TempDir Path elsewhere) throws IOException {
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(elsewhere.resolve("s")))
                .close();
        Path precious = Files.createFile(elsewhere.resolve("precious"));
        Files.createSymbolicLink(folder.resolve("quern-1"), elsewhere);
        listen().close();
        assertThat(precious).exists();
        assertThat(elsewhere.resolve("s")).exists();
    }

    private Path empty(long pid, Duration age) throws IOException {
        Path made = Files.createDirectory(folder.resolve("quern-" + pid + "-" + UUID.randomUUID()));
        Files.setLastModifiedTime(made, FileTime.from(Instant.now().minus(age)));
        return made;
    }

    @Test
    void tooLongSocketPathIsRefused() throws IOException {
        Path deep = Files.createDirectories(folder.resolve("x".repeat(100)));
        assertThat(FrameListener.fits(deep)).isFalse();
        assertThatThrownBy(() -> FrameListener.<WorkerFrame, EngineFrame>open(deep, WorkerFrame.parser(), LIMIT))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("at most 103 bytes");
        assertThat(deep).isEmptyDirectory();
    }

    private FrameListener<WorkerFrame, EngineFrame> listen() throws IOException {
        return FrameListener.open(folder, WorkerFrame.parser(), LIMIT);
    }

    private static void write(Path socket, ByteBuffer bytes) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.write(bytes);
        }
    }
}
