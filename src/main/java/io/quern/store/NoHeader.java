package io.quern.store;

import java.nio.ByteBuffer;

/** The header of a file that nobody chooses. */
enum NoHeader implements RemoteBytes {
    INSTANCE;

    @Override
    public long size() {
        return 0;
    }

    @Override
    public int read(ByteBuffer buffer, long position) {
        return -1;
    }
}
