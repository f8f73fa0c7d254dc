package io.quern.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** The first eight bytes: magic and version. Says what the file is instead where it is no GGUF. */
final class GgufPreamble {
    private static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);
    private static final int OLDEST = 2;
    private static final int NEWEST = 3;

    private final Path file;
    private final FileChannel channel;
    private final long size;

    GgufPreamble(Path file, FileChannel channel, long size) {
        this.file = file;
        this.channel = channel;
        this.size = size;
    }

    /** @return the version; {@code in} then stands behind it */
    int check(GgufBytes in) throws IOException {
        if (size == 0) {
            throw new ModelFileException(file, "is empty", "fetch it again");
        }
        byte[] start = start();
        int same = Arrays.mismatch(start, MAGIC);
        if (same >= 0 && same < Math.min(start.length, MAGIC.length)) {
            throw new ModelFileException(
                    file, "is no GGUF model but " + FileKind.describe(start), "name a model in GGUF format");
        }
        in.skip(MAGIC.length, "the magic");
        int version = in.i32("the version");
        if (version != 0 && (version & 0xffff) == 0) {
            throw new ModelFileException(
                    file, "is a GGUF file for big-endian machines", "fetch or convert a little-endian one");
        }
        if (version < OLDEST || version > NEWEST) {
            throw new ModelFileException(
                    file,
                    "is GGUF version " + Integer.toUnsignedString(version) + "; versions " + OLDEST + " and " + NEWEST
                            + " can be read",
                    "convert it with a current llama.cpp");
        }
        return version;
    }

    private byte[] start() throws IOException {
        ByteBuffer start = ByteBuffer.allocate((int) Math.min(size, FileKind.LOOK_AT_BYTES));
        while (start.hasRemaining() && channel.read(start, start.position()) >= 0) {
            // until it is full or the file ends
        }
        return Arrays.copyOf(start.array(), start.position());
    }
}
