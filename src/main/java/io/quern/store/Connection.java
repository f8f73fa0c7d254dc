package io.quern.store;

import java.io.IOException;
import java.util.Optional;

/** One of the connections of a download: fetches runs of blocks until there are none. Used by one thread. */
final class Connection {
    private final Source source;
    private final Source.Facts facts;
    private final Blocks blocks;
    private final PartialFile partial;
    private final Retries retries;
    private final Progress progress;

    private final byte[] block = new byte[Blocks.BYTES];

    /** Writing failed, which is no fault of the network. */
    private static final class WriteException extends Exception {
        private final IOException problem;

        WriteException(IOException problem) {
            super(problem);
            this.problem = problem;
        }
    }

    Connection(
            Source source, Source.Facts facts, Blocks blocks, PartialFile partial, Retries retries, Progress progress) {
        this.source = source;
        this.facts = facts;
        this.blocks = blocks;
        this.partial = partial;
        this.retries = retries;
        this.progress = progress;
    }

    /**
     * Fetches blocks until no block is left for this connection.
     *
     * @throws IOException if the file cannot be written
     */
    void run() throws IOException, InterruptedException, Source.ChangedException {
        for (Optional<Blocks.Run> run = blocks.take(); run.isPresent(); run = blocks.take()) {
            Cursor cursor = new Cursor(run.get().first());
            try {
                fetch(run.get(), cursor);
            } catch (WriteException e) {
                throw e.problem;
            } catch (IOException e) {
                blocks.giveBack(cursor.next, run.get().after());
                retries.failed(e);
            }
        }
    }

    /** The block that a run has come to. */
    private static final class Cursor {
        private int next;

        Cursor(int next) {
            this.next = next;
        }
    }

    private void fetch(Blocks.Run run, Cursor cursor)
            throws IOException, InterruptedException, Source.ChangedException, WriteException {
        long start = blocks.start(run.first());
        long end = blocks.start(run.after() - 1) + blocks.length(run.after() - 1) - 1;
        try (Reply reply = source.part(start, end, facts)) {
            while (cursor.next < run.after()) {
                int length = blocks.length(cursor.next);
                read(reply, length);
                write(cursor.next, length);
                blocks.arrived(cursor.next);
                cursor.next++;
                progress.arrived(length);
                retries.progressed();
            }
        }
    }

    private void read(Reply reply, int length) throws IOException {
        for (int done = 0; done < length; ) {
            int read = reply.read(block, done, length - done);
            if (read < 0) {
                throw FileDownload.early();
            }
            done += read;
        }
    }

    private void write(int number, int length) throws WriteException, InterruptedException {
        // a channel that is interrupted while it writes closes for all connections
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedException();
        }
        try {
            partial.write(number, block, length);
        } catch (IOException e) {
            throw new WriteException(e);
        }
    }
}
