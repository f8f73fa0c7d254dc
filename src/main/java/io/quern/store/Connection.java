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

    private final RunLength length = new RunLength();
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
        for (Optional<Blocks.Run> run = take(); run.isPresent(); run = take()) {
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

    private Optional<Blocks.Run> take() {
        return blocks.take(length.next());
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
        long asked = System.nanoTime();
        try (Reply reply = source.part(start, end, facts)) {
            long answered = System.nanoTime();
            while (cursor.next < run.after()) {
                int size = blocks.length(cursor.next);
                read(reply, size);
                write(cursor.next, size);
                blocks.arrived(cursor.next);
                cursor.next++;
                progress.arrived(size);
                retries.progressed();
            }
            length.observe(answered - asked, run.after() - run.first(), System.nanoTime() - answered);
        }
    }

    private void read(Reply reply, int size) throws IOException {
        for (int done = 0; done < size; ) {
            int read = reply.read(block, done, size - done);
            if (read < 0) {
                throw FileDownload.early();
            }
            done += read;
        }
    }

    private void write(int number, int size) throws WriteException, InterruptedException {
        // a channel that is interrupted while it writes closes for all connections
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedException();
        }
        try {
            partial.write(number, block, size);
        } catch (IOException e) {
            throw new WriteException(e);
        }
    }
}
