package io.quern.worker;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.nio.channels.ByteChannel;

/**
 * A connected socket that this process has inherited as a descriptor, used as a file. Java's socket channels would
 * first initialise a random generator, which takes longer than everything before.
 */
final class DescriptorChannel {
    private DescriptorChannel() {}

    /** Opens descriptor 0, which must be a socket. */
    static ByteChannel standardInput() {
        // two channels, since one cannot read and write at the same time
        return new DuplexChannel(
                new FileInputStream(FileDescriptor.in).getChannel(),
                new FileOutputStream(FileDescriptor.in).getChannel());
    }
}
