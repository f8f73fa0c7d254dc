package io.quern.pool;

import static io.quern.wire.StateLayout.BYTES_AT;
import static io.quern.wire.StateLayout.HEAD_BYTES;
import static io.quern.wire.StateLayout.MAGIC;
import static io.quern.wire.StateLayout.MAGIC_AT;
import static io.quern.wire.StateLayout.NAME_PREFIX;
import static io.quern.wire.StateLayout.PAGE;
import static io.quern.wire.StateLayout.PART_HEAD_BYTES;
import static io.quern.wire.StateLayout.REQUEST_AT;
import static io.quern.wire.StateLayout.SLOTS_AT;
import static io.quern.wire.StateLayout.STRIDE_AT;

import io.quern.wire.PrefixLayout;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * The memory into which a worker copies the states of its sequences. The engine holds it open, so it outlives the
 * worker. The memory has no name in the file system, and a sandboxed worker cannot open it through this process.
 * Therefore the engine copies states into the memory of the next worker. Thread-safe.
 */
final class WorkerMemory {
    private static final Logger LOG = Logger.getLogger(WorkerMemory.class);
    private static final Pattern DESCRIPTOR = Pattern.compile("/proc/\\d+/fd/\\d+");

    /** The engine writes to no other memory, whatever a worker reports. */
    private static final Pattern NAME = Pattern.compile("/memfd:" + NAME_PREFIX + "[0-9a-f-]{36} \\(deleted\\)");

    private static final int MAX_SLOTS = 256;

    /** The distance between two copies, after the worker's own states. Only filled pages take memory. */
    static final long SPACING = 1L << 42;

    /** The number of copies that fit into a file. */
    static final int MAX_COPIES = 1 << 20;

    private static final int CHUNK = 1 << 20;

    private final FileChannel channel;
    private int holders = 1;

    private WorkerMemory(FileChannel channel) {
        this.channel = channel;
    }

    /** @param path the path of the worker's descriptor below /proc */
    static WorkerMemory open(String path) throws IOException {
        if (!DESCRIPTOR.matcher(path).matches()) {
            throw new IOException("not a descriptor: " + path);
        }
        Path file = Path.of(path);
        Path name = Files.readSymbolicLink(file);
        if (!NAME.matcher(name.toString()).matches()) {
            throw new IOException("not a worker's memory: " + name);
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            // the worker may have replaced the file behind the descriptor meanwhile
            requireOpen(name);
            return new WorkerMemory(channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Java does not reveal which file a channel has open, so this looks for the kernel's name of the memory among the
     * descriptors of this process.
     */
    private static void requireOpen(Path name) throws IOException {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                if (name.equals(target(descriptor))) {
                    return;
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

    /** Returns the state of a request. The memory stays open until that state is closed. */
    synchronized KeptState of(long request) {
        holders++;
        return new KeptState(this, request, this::release);
    }

    /**
     * Copies the state of a request into the memory of the worker that resumes it. Blocks for some 50 ms for 100 MB.
     * The worker that has written the state may still run.
     *
     * @param offset where the copy begins
     * @param maxBytes the largest state to copy, because the worker that wrote it may have been corrupt
     * @return whether there was a state
     * @throws IOException also if a memory has been closed meanwhile
     */
    boolean copy(long request, WorkerMemory target, long offset, long maxBytes) throws IOException {
        ByteBuffer head = read(0, HEAD_BYTES);
        if (head == null || head.getLong(MAGIC_AT) != MAGIC) {
            return false;
        }
        long stride = head.getLong(STRIDE_AT);
        long slots = head.getLong(SLOTS_AT);
        if (slots < 1
                || slots > MAX_SLOTS
                || stride < 2 * PAGE
                || stride % PAGE != 0
                || stride > SPACING / MAX_SLOTS / 2) {
            return false;
        }
        for (int slot = 0; slot < slots; slot++) {
            long at = PAGE + slot * stride;
            ByteBuffer part = read(at, PART_HEAD_BYTES);
            if (part == null || part.getLong(REQUEST_AT) != request) {
                continue;
            }
            long bytes = part.getLong(BYTES_AT);
            if (bytes <= 0 || bytes > stride - PAGE || bytes > maxBytes) {
                return false;
            }
            // makes the file as long as all parts; the others stay empty
            target.write(ByteBuffer.allocate(1), offset + PAGE + slots * stride - 1);
            copy(at + PAGE, bytes, target, offset + at + PAGE);
            // a worker that still runs may have begun to write another state there meanwhile
            VarHandle.acquireFence();
            if (!part.equals(read(at, PART_HEAD_BYTES))) {
                return false;
            }
            target.write(part, offset + at);
            target.write(head, offset);
            return true;
        }
        return false;
    }

    /**
     * Copies the state of a prefix ({@link PrefixLayout}), which this memory holds, to a place in another one. Blocks
     * for some 50 ms for 100 MB.
     *
     * @param bytes the size of this memory
     * @throws IOException also if a memory has been closed meanwhile
     */
    void copyPrefix(WorkerMemory target, long offset, long bytes) throws IOException {
        ByteBuffer head = read(0, PrefixLayout.HEAD_BYTES);
        if (head == null) {
            throw new IOException("the memory has no head");
        }
        copy(PAGE, bytes - PAGE, target, offset + PAGE);
        target.write(head, offset);
    }

    /**
     * Requires that this memory holds the complete state of a prefix, which nobody can change.
     *
     * @throws IOException if it does not
     */
    void requirePrefix(int tokens, long bytes) throws IOException {
        ByteBuffer head = read(0, PrefixLayout.HEAD_BYTES);
        if (head == null
                || channel.size() != bytes
                || head.getLong(PrefixLayout.MAGIC_AT) != PrefixLayout.MAGIC
                || head.getLong(PrefixLayout.TOKENS_AT) != tokens
                || head.getLong(PrefixLayout.BYTES_AT) != bytes - PrefixLayout.stateAt(tokens)) {
            throw new IOException("the memory does not hold what the worker says");
        }
        try {
            // what is there already, so that nothing changes if it succeeds
            write(head.limit(1), 0);
        } catch (IOException e) {
            return;
        }
        throw new IOException("the worker could still change the memory");
    }

    /** Takes one more use of the memory. */
    synchronized void retain() {
        holders++;
    }

    private void copy(long from, long bytes, WorkerMemory target, long to) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect((int) Math.min(bytes, CHUNK));
        for (long done = 0; done < bytes; ) {
            chunk.clear().limit((int) Math.min(bytes - done, chunk.capacity()));
            int read = channel.read(chunk, from + done);
            if (read <= 0) {
                throw new IOException("the memory ends too early");
            }
            target.write(chunk.flip(), to + done);
            done += read;
        }
    }

    private ByteBuffer read(long at, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
        return channel.read(buffer, at) == bytes ? buffer.flip() : null;
    }

    private void write(ByteBuffer bytes, long at) throws IOException {
        for (long to = at; bytes.hasRemaining(); ) {
            to += channel.write(bytes, to);
        }
    }

    /** Releases one use of the memory. Its opener calls this once. */
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
