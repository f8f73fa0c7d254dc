package io.quern.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads a GGUF header from start to end through a small buffer: little-endian numbers, length-prefixed strings, skips.
 * Every length is checked against the size of the file before it is used, so a malicious length costs nothing.
 */
final class GgufBytes {
    private static final String REFETCH = "The file is damaged or truncated: fetch it again";

    /** Large enough to scan a vocabulary with few reads, small enough not to matter. */
    private static final int BUFFER_BYTES = 64 * 1024;

    private final Path file;
    private final GgufInput input;
    private final long size;
    private final ByteBuffer buffer =
            ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    /** Position in the file at which the buffer begins. */
    private long bufferStart;

    GgufBytes(Path file, GgufInput input, long size) {
        this.file = file;
        this.input = input;
        this.size = size;
    }

    long position() {
        return bufferStart + buffer.position();
    }

    long remaining() {
        return size - position();
    }

    int u8(String what) {
        need(1, what);
        return Byte.toUnsignedInt(buffer.get());
    }

    short i16(String what) {
        need(2, what);
        return buffer.getShort();
    }

    int i32(String what) {
        need(4, what);
        return buffer.getInt();
    }

    long i64(String what) {
        need(8, what);
        return buffer.getLong();
    }

    /** @param max longest length in bytes, which must fit an array */
    String string(int max, String what) {
        int length = stringLength(max, what);
        byte[] bytes = new byte[length];
        for (int done = 0; done < length; ) {
            int part = Math.min(BUFFER_BYTES, length - done);
            need(part, what);
            buffer.get(bytes, done, part);
            done += part;
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Returns the string's length in bytes. */
    int skipString(int max, String what) {
        int length = stringLength(max, what);
        skip(length, what);
        return length;
    }

    private int stringLength(int max, String what) {
        long length = count(max, 1, what + "'s length");
        return (int) length;
    }

    /** Reads a number of items that take at least {@code bytesEach} bytes each and must all lie within the file. */
    long count(long max, int bytesEach, String what) {
        long at = position();
        long count = i64(what);
        if (count < 0 || count > max) {
            throw damaged(what + " at byte " + at + " is " + Long.toUnsignedString(count) + ", more than " + max);
        }
        if (count > remaining() / bytesEach) {
            throw cutOff("it ends at byte " + size + " within its header: " + what + " at byte " + at + " is " + count
                    + ", but only " + remaining() + " bytes follow");
        }
        return count;
    }

    void skip(long bytes, String what) {
        if (bytes > remaining()) {
            throw endsWithin(what);
        }
        seek(position() + bytes);
    }

    void seek(long position) {
        long within = position - bufferStart;
        if (within >= 0 && within <= buffer.limit()) {
            buffer.position((int) within);
        } else {
            bufferStart = position;
            buffer.position(0).limit(0);
        }
    }

    private void need(int bytes, String what) {
        if (buffer.remaining() >= bytes) {
            return;
        }
        if (bytes > remaining()) {
            throw endsWithin(what);
        }
        bufferStart = position();
        buffer.clear();
        try {
            while (buffer.position() < bytes) {
                if (input.read(buffer, bufferStart + buffer.position()) < 0) {
                    // the file became shorter after its size was read
                    throw endsWithin(what);
                }
            }
        } catch (IOException e) {
            throw new ModelFileException(
                    file,
                    "it cannot be read at byte " + bufferStart + " (" + e.getMessage() + ")",
                    "Check the disk",
                    e);
        }
        buffer.flip();
    }

    private ModelFileException endsWithin(String what) {
        return cutOff("it ends at byte " + size + " within its header, in " + what + " at byte " + position());
    }

    private ModelFileException cutOff(String problem) {
        return new ModelFileException(file, problem, "The download or copy is probably incomplete: fetch it again");
    }

    ModelFileException damaged(String problem) {
        return new ModelFileException(file, problem, REFETCH);
    }
}
