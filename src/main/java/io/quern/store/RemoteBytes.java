package io.quern.store;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A file on a server, of which parts can be read without downloading it. Not thread-safe. */
public interface RemoteBytes {

    /** Returns the size in bytes. */
    long size();

    /**
     * Reads some bytes, at least one. Blocks on the network.
     *
     * @return the number of bytes, or -1 at the end of the file
     * @throws StoreException if the server refuses
     * @throws IOException if the connection breaks
     */
    int read(ByteBuffer buffer, long position) throws IOException;
}
