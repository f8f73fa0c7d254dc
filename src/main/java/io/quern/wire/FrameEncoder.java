package io.quern.wire;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** Encodes a frame with its length in front. Pure and thread-safe. */
public final class FrameEncoder {
    private final int maxFrameBytes;

    public FrameEncoder(int maxFrameBytes) {
        this.maxFrameBytes = maxFrameBytes;
    }

    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    /**
     * Returns the frame's bytes with the length in front, ready to be written.
     *
     * @throws WireException if the frame exceeds the receiver's limit
     */
    public ByteBuffer encode(MessageLite frame) throws WireException {
        int size = frame.getSerializedSize();
        if (size > maxFrameBytes) {
            throw new WireException("a frame has " + size + " bytes; the limit is " + maxFrameBytes);
        }
        byte[] bytes = new byte[Protocol.HEADER_BYTES + size];
        ByteBuffer.wrap(bytes).putInt(size);
        CodedOutputStream out = CodedOutputStream.newInstance(bytes, Protocol.HEADER_BYTES, size);
        try {
            frame.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException("protobuf needs more bytes than it announced", e);
        }
        return ByteBuffer.wrap(bytes);
    }
}
