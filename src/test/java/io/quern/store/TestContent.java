package io.quern.store;

import io.quern.home.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/** The content of a file on a test server. */
interface TestContent {
    long size();

    /** Fills the first bytes of the buffer with the content at a position. */
    void read(long position, byte[] buffer, int length);

    default String sha256() {
        MessageDigest digest = Sha256.digest();
        byte[] buffer = new byte[1 << 16];
        for (long at = 0; at < size(); ) {
            int length = (int) Math.min(buffer.length, size() - at);
            read(at, buffer, length);
            digest.update(buffer, 0, length);
            at += length;
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Bytes that begin like a GGUF file and differ at each position and for each seed. */
    static TestContent generated(long size, int seed) {
        byte[] magic = "GGUF".getBytes(StandardCharsets.US_ASCII);
        return new TestContent() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public void read(long position, byte[] buffer, int length) {
                for (int i = 0; i < length; i++) {
                    long at = position + i;
                    long mixed = ((at >>> 3) + 1) * 0x9e3779b97f4a7c15L ^ seed * 0xbf58476d1ce4e5b9L;
                    buffer[i] = at < magic.length ? magic[(int) at] : (byte) (mixed >>> ((at & 7) * 8));
                }
            }
        };
    }

    static TestContent text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new TestContent() {
            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public void read(long position, byte[] buffer, int length) {
                System.arraycopy(bytes, (int) position, buffer, 0, length);
            }
        };
    }

    static TestContent file(Path path) throws IOException {
        FileChannel channel = FileChannel.open(path);
        long size = channel.size();
        return new TestContent() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public void read(long position, byte[] buffer, int length) {
                try {
                    ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, length);
                    while (bytes.hasRemaining()) {
                        if (channel.read(bytes, position + bytes.position()) < 0) {
                            throw new IOException(path + " became shorter");
                        }
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }
}
