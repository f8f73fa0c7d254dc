package io.quern.worker;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.nio.channels.ByteChannel;

/**
 * A connected socket that this process has inherited as a descriptor, read and written as the file that it is for the kernel.
 * Java's own socket channels would set up a random generator first, which takes longer than all else until here.
 */
final class DescriptorChannel {
    private DescriptorChannel() {}

    /** Descriptor 0, which must be a socket. */
    static ByteChannel standardInput() {
        // two channels, since one does not read and write at the same time
        return new DuplexChannel(
                new FileInputStream(FileDescriptor.in).getChannel(),
                new FileOutputStream(FileDescriptor.in).getChannel());
    }
}
