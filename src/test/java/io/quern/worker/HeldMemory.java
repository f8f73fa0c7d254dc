package io.quern.worker;

import io.quern.wire.Kept;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a worker's memory until it is closed.
 *
 * @param name distinguishes it from memory of other engines and workers in this process
 */
record HeldMemory(FileChannel channel, String name) implements AutoCloseable {
    /** More than workers use for their copies. */
    private static final long BEHIND = 1L << 42;

    static HeldMemory open(Path memory) throws IOException {
        return new HeldMemory(
                FileChannel.open(memory, StandardOpenOption.READ),
                Files.readSymbolicLink(memory).toString());
    }

    /** Returns the path at which another process can open it. */
    String path() throws IOException {
        try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                if (Files.exists(descriptor, LinkOption.NOFOLLOW_LINKS)
                        && Files.readSymbolicLink(descriptor).toString().equals(name)) {
                    return "/proc/" + ProcessHandle.current().pid() + "/fd/" + descriptor.getFileName();
                }
            }
        }
        throw new AssertionError("this process has no descriptor of the memory");
    }

    /** Copies it behind another worker's own copies, as the engine does, and returns where the request's state is. */
    Kept keptBy(WorkerProcess other, Answer request) throws Exception {
        copyTo(Path.of(other.keeps.get(60, TimeUnit.SECONDS)), BEHIND);
        return Kept.newBuilder().setRequest(request.id).setOffset(BEHIND).build();
    }

    /** Copies it into another worker's memory. */
    void copyTo(Path memory, long offset) throws IOException {
        try (FileChannel to = FileChannel.open(memory, StandardOpenOption.WRITE)) {
            ByteBuffer chunk = ByteBuffer.allocate(1 << 20);
            for (long at = 0; channel.read(chunk.clear(), at) > 0; ) {
                at += to.write(chunk.flip(), offset + at);
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
