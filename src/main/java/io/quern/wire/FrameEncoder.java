package io.quern.wire;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** Writes a frame behind its length. Pure; safe for use by several threads. */
public final class FrameEncoder {
    private final int maxFrameBytes;

    public FrameEncoder(int maxFrameBytes) {
        this.maxFrameBytes = maxFrameBytes;
    }

    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    /**
     * Returns the frame's bytes, length in front, ready to be written.
     *
     * @throws WireException if the frame is larger than the receiver would take
     */
    public ByteBuffer encode(MessageLite frame) throws WireException {
        int size = frame.getSerializedSize();
        if (size > maxFrameBytes) {
            throw new WireException("a frame of " + size + " bytes; the limit is " + maxFrameBytes);
        }
        byte[] bytes = new byte[Protocol.HEADER_BYTES + size];
        ByteBuffer.wrap(bytes).putInt(size);
        CodedOutputStream out = CodedOutputStream.newInstance(bytes, Protocol.HEADER_BYTES, size);
        try {
            frame.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException("an array of the size it asked for was too small", e);
        }
        return ByteBuffer.wrap(bytes);
    }
}
