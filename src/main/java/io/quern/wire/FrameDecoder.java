package io.quern.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Splits a byte stream into frames of one type. Pure and incremental: it takes pieces of any size, returns complete
 * frames and keeps the rest. Its memory is bounded by the largest frame and grows only with received bytes, so a
 * hostile length costs nothing.
 *
 * <p>Not thread-safe.
 */
public final class FrameDecoder<F extends MessageLite> {
    private static final int INITIAL_BYTES = 4096;

    private final Parser<F> parser;
    private int maxFrameBytes;
    private byte[] buffer = new byte[INITIAL_BYTES];
    private int start;
    private int end;

    public FrameDecoder(Parser<F> parser, int maxFrameBytes) {
        this.parser = parser;
        this.maxFrameBytes = maxFrameBytes;
    }

    /** Changes the limit for frames that are not decoded yet. */
    public void limit(int bytes) {
        maxFrameBytes = bytes;
    }

    /**
     * Consumes all of {@code bytes} and passes each completed frame to {@code frames}, in order.
     *
     * @throws WireException if a frame is too long or invalid; the decoder must not be used again
     */
    public void decode(ByteBuffer bytes, Consumer<? super F> frames) throws WireException {
        append(bytes);
        while (end - start >= Protocol.HEADER_BYTES) {
            int length = ByteBuffer.wrap(buffer, start, Protocol.HEADER_BYTES).getInt();
            if (length < 0 || length > maxFrameBytes) {
                throw new WireException(
                        "a frame has " + Integer.toUnsignedString(length) + " bytes; the limit is " + maxFrameBytes);
            }
            if (end - start - Protocol.HEADER_BYTES < length) {
                break;
            }
            F frame = parse(start + Protocol.HEADER_BYTES, length);
            start += Protocol.HEADER_BYTES + length;
            frames.accept(frame);
        }
        if (start == end) {
            start = end = 0;
            if (buffer.length > INITIAL_BYTES * 64) {
                // one huge prompt should not occupy memory until the connection ends
                buffer = new byte[INITIAL_BYTES];
            }
        }
    }

    /** Returns whether a frame is incomplete, which at the end of a stream means that it was cut off. */
    public boolean midFrame() {
        return end > start;
    }

    private F parse(int offset, int length) throws WireException {
        try {
            return parser.parseFrom(buffer, offset, length);
        } catch (InvalidProtocolBufferException e) {
            throw new WireException("the bytes are not a valid frame: " + e.getMessage(), e);
        }
    }

    private void append(ByteBuffer bytes) {
        int more = bytes.remaining();
        if (buffer.length - end < more) {
            int held = end - start;
            byte[] target = buffer;
            if (buffer.length - held < more) {
                target = new byte[(int) Math.min(Integer.MAX_VALUE - 8, Math.max(held + more, buffer.length * 2L))];
            }
            System.arraycopy(buffer, start, target, 0, held);
            buffer = target;
            start = 0;
            end = held;
        }
        bytes.get(buffer, end, more);
        end += more;
    }
}
