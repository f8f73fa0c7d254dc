package io.quern.pool;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * The memory into which a worker copies the states of its sequences, held open so that it outlives the worker. It has no name: other
 * workers open it by this process's descriptor. Safe for use by several threads.
 */
final class WorkerMemory {
    private static final Logger LOG = Logger.getLogger(WorkerMemory.class);
    private static final Pattern DESCRIPTOR = Pattern.compile("/proc/\\d+/fd/\\d+");

    private final FileChannel channel;
    private final String path;
    private int holders = 1;

    private WorkerMemory(FileChannel channel, String path) {
        this.channel = channel;
        this.path = path;
    }

    /** @param path of the worker's descriptor */
    static WorkerMemory open(String path) throws IOException {
        if (!DESCRIPTOR.matcher(path).matches()) {
            throw new IOException("not a descriptor: " + path);
        }
        Path file = Path.of(path);
        Path name = Files.readSymbolicLink(file);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            return new WorkerMemory(channel, ownDescriptor(name));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Java does not tell a channel's descriptor; the kernel's name for the memory finds it. */
    private static String ownDescriptor(Path name) throws IOException {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                if (name.equals(target(descriptor))) {
                    return "/proc/" + ProcessHandle.current().pid() + "/fd/" + descriptor.getFileName();
                }
            }
        }
        throw new IOException("no descriptor of " + name);
    }

    private static Path target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor);
        } catch (IOException e) {
            // closed meanwhile
            return null;
        }
    }

    /** What it holds of a request; keeps it open until that is closed. */
    synchronized KeptState of(long request) {
        holders++;
        return new KeptState(path, request, this::release);
    }

    /** Once for who opened it. */
    synchronized void release() {
        holders--;
        if (holders == 0) {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.debugf("closing a worker's memory: %s", e.getMessage());
            }
        }
    }
}
