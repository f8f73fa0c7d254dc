package io.quern.socket;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.quern.wire.FrameDecoder;
import io.quern.wire.FrameEncoder;
import io.quern.wire.WireException;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A connection that receives frames of type {@code I} and sends frames of type {@code O}. Both directions block. One
 * thread may receive; any thread may send, and frames are never interleaved.
 */
public final class FrameConnection<I extends MessageLite, O extends MessageLite> implements AutoCloseable {
    private static final int READ_BYTES = 64 * 1024;

    private final ByteChannel channel;
    private final FrameDecoder<I> decoder;
    private volatile FrameEncoder encoder;
    private final ByteBuffer readBuffer = ByteBuffer.allocateDirect(READ_BYTES);
    private final Queue<I> decoded = new ArrayDeque<>();
    private final ReentrantLock sending = new ReentrantLock();

    public FrameConnection(ByteChannel channel, Parser<I> incoming, int maxFrameBytes) {
        this.channel = channel;
        this.decoder = new FrameDecoder<>(incoming, maxFrameBytes);
        this.encoder = new FrameEncoder(maxFrameBytes);
    }

    /** Connects to a listener's socket file. */
    public static <I extends MessageLite, O extends MessageLite> FrameConnection<I, O> connect(
            Path socket, Parser<I> incoming, int maxFrameBytes) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            channel.close();
            throw new IOException("cannot connect to " + socket + ": " + e.getMessage(), e);
        }
        return new FrameConnection<>(channel, incoming, maxFrameBytes);
    }

    /**
     * Waits for the next frame.
     *
     * @return null at the end of the stream
     * @throws WireException if the data is not a valid frame
     * @throws EOFException if the stream ends within a frame
     */
    public @Nullable I receive() throws IOException {
        while (decoded.isEmpty()) {
            readBuffer.clear();
            int read = channel.read(readBuffer);
            if (read < 0) {
                if (decoder.midFrame()) {
                    throw new EOFException("the stream ended within a frame");
                }
                return null;
            }
            readBuffer.flip();
            decoder.decode(readBuffer, decoded::add);
        }
        return decoded.remove();
    }

    /** Returns the largest frame in either direction, in bytes. */
    public int maxFrameBytes() {
        return encoder.maxFrameBytes();
    }

    /** Changes the limit of frames in both directions, starting with the next one. Call it on the receiving thread. */
    public void limit(int maxFrameBytes) {
        decoder.limit(maxFrameBytes);
        encoder = new FrameEncoder(maxFrameBytes);
    }

    /** Writes the frame. Blocks while the other side does not read. */
    public void send(O frame) throws IOException {
        ByteBuffer bytes = encoder.encode(frame);
        sending.lock();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } finally {
            sending.unlock();
        }
    }

    /** Closes both directions. Threads that receive or send get an {@link IOException}. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
