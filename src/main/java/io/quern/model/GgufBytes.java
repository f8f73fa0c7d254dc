package io.quern.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads a GGUF header front to back through a small buffer: little-endian numbers, length-prefixed strings, skips. No length
 * is believed before that many bytes are known to be in the file, so a hostile one costs nothing.
 */
final class GgufBytes {
    private static final String REFETCH = "the file is damaged or cut off: fetch it again";

    /** Large enough that scanning a vocabulary is few reads, small enough not to matter. */
    private static final int BUFFER_BYTES = 64 * 1024;

    private final Path file;
    private final FileChannel channel;
    private final long size;
    private final ByteBuffer buffer =
            ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    /** Where in the file the buffer begins. */
    private long bufferStart;

    GgufBytes(Path file, FileChannel channel, long size) {
        this.file = file;
        this.channel = channel;
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

    /** @param max inclusive, and no more than fits an array */
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

    /** A number of things that take at least {@code bytesEach} bytes each and must all lie within the file. */
    long count(long max, int bytesEach, String what) {
        long at = position();
        long count = i64(what);
        if (count < 0 || count > max) {
            throw damaged(what + " at byte " + at + " is " + Long.toUnsignedString(count) + ", more than " + max);
        }
        if (count > remaining() / bytesEach) {
            throw cutOff("ends at byte " + size + " within its header: " + what + " at byte " + at + " is " + count
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
                if (channel.read(buffer, bufferStart + buffer.position()) < 0) {
                    // it became shorter since its size was taken
                    throw endsWithin(what);
                }
            }
        } catch (IOException e) {
            throw new ModelFileException(
                    file, "cannot be read at byte " + bufferStart + " (" + e.getMessage() + ")", "check the disk", e);
        }
        buffer.flip();
    }

    private ModelFileException endsWithin(String what) {
        return cutOff("ends at byte " + size + " within its header, in " + what + " at byte " + position());
    }

    private ModelFileException cutOff(String problem) {
        return new ModelFileException(
                file, problem, "it was probably cut off while it was downloaded or copied: fetch it again");
    }

    ModelFileException damaged(String problem) {
        return new ModelFileException(file, problem, REFETCH);
    }
}
