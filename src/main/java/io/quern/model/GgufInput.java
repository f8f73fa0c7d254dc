package io.quern.model;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads the bytes of a GGUF file, wherever it is. */
@FunctionalInterface
interface GgufInput {

    /**
     * Reads some bytes at a position.
     *
     * @return the number of bytes, or -1 at the end
     */
    int read(ByteBuffer buffer, long position) throws IOException;
}
