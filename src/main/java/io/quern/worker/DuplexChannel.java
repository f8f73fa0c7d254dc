package io.quern.worker;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** Combines two channels, one for each direction. Closing it closes both. */
record DuplexChannel(ReadableByteChannel in, WritableByteChannel out) implements ByteChannel {

    @Override
    public int read(ByteBuffer target) throws IOException {
        return in.read(target);
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        return out.write(bytes);
    }

    @Override
    public boolean isOpen() {
        return in.isOpen();
    }

    @Override
    public void close() throws IOException {
        try (in) {
            out.close();
        }
    }
}
