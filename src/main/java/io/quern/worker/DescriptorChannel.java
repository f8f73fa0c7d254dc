package io.quern.worker;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.FileChannel;

/**
 * A connected socket that this process has inherited as a descriptor, read and written as the file that it is for the kernel.
 * Java's own socket channels would set up a random generator first, which takes longer than all else until here.
 */
final class DescriptorChannel implements ByteChannel {
    private final FileChannel in;
    private final FileChannel out;

    private DescriptorChannel(FileDescriptor descriptor) {
        // two channels, since one does not read and write at the same time
        in = new FileInputStream(descriptor).getChannel();
        out = new FileOutputStream(descriptor).getChannel();
    }

    /** Descriptor 0, which must be a socket. */
    static DescriptorChannel standardInput() {
        return new DescriptorChannel(FileDescriptor.in);
    }

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
