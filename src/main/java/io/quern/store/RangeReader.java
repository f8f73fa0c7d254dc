package io.quern.store;

import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Map;

/** Reads a file on a server in blocks, and keeps the block that was read last. */
final class RangeReader implements RemoteBytes {
    /** A header is mostly the vocabulary, some MiB. */
    private static final int BLOCK_BYTES = 1 << 20;

    private final Http http;
    private final Retries.Policy policy;
    private final URI uri;
    private final long size;

    private byte[] block = new byte[0];
    private long blockStart;

    RangeReader(Http http, Retries.Policy policy, URI uri, long size) {
        this.http = http;
        this.policy = policy;
        this.uri = uri;
        this.size = size;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public int read(ByteBuffer buffer, long position) throws IOException {
        if (position >= size) {
            return -1;
        }
        if (position < blockStart || position >= blockStart + block.length) {
            try {
                block = new Retries(policy, PullListener.NONE).run(() -> fetch(position));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            blockStart = position;
        }
        int offset = (int) (position - blockStart);
        int length = Math.min(buffer.remaining(), block.length - offset);
        buffer.put(block, offset, length);
        return length;
    }

    private byte[] fetch(long position) throws IOException, InterruptedException {
        byte[] bytes = new byte[(int) Math.min(BLOCK_BYTES, size - position)];
        String range = "bytes=" + position + "-" + (position + bytes.length - 1);
        try (Reply reply = http.get(uri, Map.of("Range", range))) {
            if (Retries.BusyException.isBusy(reply.status())) {
                throw new Retries.BusyException(reply);
            }
            if (reply.part().filter(part -> part.start() == position).isEmpty()) {
                throw new StoreException(
                        StoreProblem.SERVER_ERROR,
                        "Cannot read the header of " + uri.getPath() + ": the server sends no parts of files (status "
                                + reply.status() + "). Name a quantisation or a file.");
            }
            for (int done = 0; done < bytes.length; ) {
                int read = reply.read(bytes, done, bytes.length - done);
                if (read < 0) {
                    throw new EOFException();
                }
                done += read;
            }
            return bytes;
        }
    }
}
