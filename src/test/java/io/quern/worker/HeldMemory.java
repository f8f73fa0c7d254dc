package io.quern.worker;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a worker's memory until it is closed.
 *
 * @param name distinguishes it from memory of other engines and workers in this process
 */
record HeldMemory(FileChannel channel, String name) implements AutoCloseable {
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
