package io.quern.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** Checks the first eight bytes, magic and version. If the file is not GGUF, says what it is instead. */
final class GgufPreamble {
    private static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);
    private static final int OLDEST = 2;
    private static final int NEWEST = 3;

    private final Path file;
    private final GgufInput input;
    private final long size;

    GgufPreamble(Path file, GgufInput input, long size) {
        this.file = file;
        this.input = input;
        this.size = size;
    }

    /** @return the version; {@code in} is then positioned after it */
    int check(GgufBytes in) throws IOException {
        if (size == 0) {
            throw new ModelFileException(file, "it is empty", "Fetch it again");
        }
        byte[] start = start();
        int same = Arrays.mismatch(start, MAGIC);
        if (same >= 0 && same < Math.min(start.length, MAGIC.length)) {
            throw new ModelFileException(
                    file,
                    "it is not a GGUF model but " + FileKind.describe(start),
                    "Set quern.model (QUERN_MODEL) to a model in GGUF format");
        }
        in.skip(MAGIC.length, "the magic");
        int version = in.i32("the version");
        if (version != 0 && (version & 0xffff) == 0) {
            throw new ModelFileException(
                    file, "it is a GGUF file for big-endian machines", "Fetch or convert a little-endian one");
        }
        if (version < OLDEST || version > NEWEST) {
            throw new ModelFileException(
                    file,
                    "it has GGUF version " + Integer.toUnsignedString(version) + ", but only versions " + OLDEST
                            + " and " + NEWEST + " are supported",
                    "Convert it with a current llama.cpp");
        }
        return version;
    }

    private byte[] start() throws IOException {
        ByteBuffer start = ByteBuffer.allocate((int) Math.min(size, FileKind.LOOK_AT_BYTES));
        while (start.hasRemaining() && input.read(start, start.position()) >= 0) {
            // until the buffer is full or the file ends
        }
        return Arrays.copyOf(start.array(), start.position());
    }
}
