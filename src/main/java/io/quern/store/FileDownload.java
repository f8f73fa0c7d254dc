package io.quern.store;

import io.quern.home.Sha256;
import io.quern.threads.EngineThreads;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Downloads one file: finds out what the server can do, fetches the missing blocks over several connections, verifies
 * the checksum. The caller holds the download's lock.
 */
final class FileDownload {
    private static final int READ_BYTES = 1 << 20;

    /** How often a file may change on the server while it is downloaded. */
    private static final int MOST_STARTS = 3;

    private final Source source;
    private final RemoteFile file;
    private final Path target;
    private final Settings settings;
    private final Progress progress;
    private final String shown;

    /**
     * What all files of a download share.
     *
     * @param id of the download
     * @param connections that fetch blocks at the same time
     */
    record Settings(String id, int connections, Retries.Policy retries, StoreFolder store, DiskSpace space) {}

    /** @param shown the reference, for messages */
    FileDownload(Http http, RemoteFile file, Path target, Settings settings, Progress progress, String shown) {
        this.source = new Source(http, file, shown);
        this.file = file;
        this.target = target;
        this.settings = settings;
        this.progress = progress;
        this.shown = shown;
    }

    /**
     * A downloaded file.
     *
     * @param sha256 in lower-case hexadecimal
     * @param validator of the server, for later comparison
     */
    record Done(String sha256, Optional<String> validator) {}

    /** Downloads the file, or what is missing of it. Blocks. */
    Done run() throws InterruptedException {
        for (int start = 1; ; start++) {
            Source.Facts facts = new Retries(settings.retries(), progress).run(source::facts);
            requireSize(facts);
            try {
                Optional<Done> done = facts.ranges() ? parts(facts) : Optional.of(whole(facts));
                if (done.isPresent()) {
                    return done.get();
                }
            } catch (Source.ChangedException e) {
                changed(start);
            } catch (IOException e) {
                throw settings.store().failed(e);
            }
        }
    }

    /** Whether a file that an earlier attempt has finished is still the one on the server. */
    boolean isCurrent(Done done) throws InterruptedException {
        if (file.sha256().isPresent()) {
            return true;
        }
        Source.Facts facts = new Retries(settings.retries(), progress).run(source::facts);
        return done.validator().isPresent() && done.validator().equals(facts.validator());
    }

    private void requireSize(Source.Facts facts) {
        if (file.size() >= 0 && facts.size() >= 0 && file.size() != facts.size()) {
            throw new StoreException(
                    StoreProblem.SERVER_ERROR,
                    "Cannot download " + shown + ": the hub announces " + file.size() + " bytes for " + file.name()
                            + ", but the file has " + facts.size()
                            + ". Something between here and the hub changes files: check HF_ENDPOINT and the proxies.");
        }
    }

    private void changed(int start) {
        if (start >= MOST_STARTS) {
            throw new StoreException(
                    StoreProblem.CHANGED,
                    "Cannot download " + shown + ": the file changed on the server " + MOST_STARTS
                            + " times during the download. Try again later.");
        }
        progress.on(new PullEvent.Notice(
                file.name() + " changed on the server during the download, which begins again.", true));
        discard();
    }

    private void discard() {
        try {
            PartialFile.delete(target);
        } catch (IOException e) {
            throw settings.store().unusable("write to", e);
        }
    }

    /** @return empty if what an earlier attempt has fetched turned out to be wrong and was deleted */
    private Optional<Done> parts(Source.Facts facts) throws IOException, InterruptedException, Source.ChangedException {
        // content with a known checksum is the same, whatever the server calls this version
        Optional<String> identity = file.sha256().or(facts::validator);
        if (identity.isEmpty()) {
            discard();
        }
        settings.space().require(settings.id(), facts.size() - PartialFile.allocated(target), shown);
        try (PartialFile partial = PartialFile.open(target, facts.size(), identity.orElse(""))) {
            BitSet done = partial.done();
            Blocks blocks = new Blocks(facts.size(), settings.connections(), done);
            long found = blocks.doneBytes();
            progress.found(found);
            try {
                fetch(blocks, partial, facts);
            } catch (Source.ChangedException e) {
                progress.found(-blocks.doneBytes());
                throw e;
            }
            partial.flush();
            String sha256 = checksum(partial.data());
            if (!isExpected(sha256)) {
                discard();
                progress.found(-facts.size());
                if (found == 0) {
                    throw mismatch(sha256);
                }
                progress.on(new PullEvent.Notice(
                        "What an earlier attempt fetched of " + file.name() + " is damaged. The download begins again.",
                        true));
                return Optional.empty();
            }
            partial.complete();
            return Optional.of(new Done(sha256, facts.validator()));
        }
    }

    private void fetch(Blocks blocks, PartialFile partial, Source.Facts facts)
            throws IOException, InterruptedException, Source.ChangedException {
        ExecutorService connections = Executors.newFixedThreadPool(
                settings.connections(),
                EngineThreads.daemon("quern-download-")
                        .name("quern-download-", 0)
                        .factory());
        try {
            ExecutorCompletionService<Void> results = new ExecutorCompletionService<>(connections);
            for (int i = 0; i < settings.connections(); i++) {
                results.submit(() -> {
                    new Connection(source, facts, blocks, partial, new Retries(settings.retries(), progress), progress)
                            .run();
                    return null;
                });
            }
            for (int i = 0; i < settings.connections(); i++) {
                rethrow(results.take());
            }
        } finally {
            connections.shutdownNow();
            end(connections);
        }
    }

    /** Waits for connections that were interrupted, so that none writes to a file that is closed or deleted. */
    private static void end(ExecutorService connections) {
        boolean interrupted = Thread.interrupted();
        try {
            connections.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void rethrow(java.util.concurrent.Future<Void> result)
            throws IOException, InterruptedException, Source.ChangedException {
        try {
            result.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Source.ChangedException changed -> throw changed;
                case IOException problem -> throw problem;
                case StoreException problem -> throw problem;
                case InterruptedException interrupted -> throw interrupted;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    /** Downloads from a server that sends no parts. What an earlier attempt has fetched is of no use. */
    private Done whole(Source.Facts facts) throws IOException, InterruptedException {
        progress.on(new PullEvent.Notice(
                "The server does not send parts of files: the download uses one connection and cannot be continued.",
                false));
        discard();
        settings.space().require(settings.id(), facts.size(), shown);
        Retries retries = new Retries(settings.retries(), progress);
        while (true) {
            SingleStream stream = new SingleStream(target, progress);
            try (Reply reply = source.whole()) {
                String sha256 = stream.copy(reply, facts.size());
                if (!isExpected(sha256)) {
                    discard();
                    throw mismatch(sha256);
                }
                stream.complete();
                return new Done(sha256, facts.validator());
            } catch (SingleStream.WriteException e) {
                throw e.problem();
            } catch (IOException e) {
                progress.found(-stream.length());
                retries.failed(e);
            }
        }
    }

    private String checksum(Path data) throws IOException, InterruptedException {
        MessageDigest digest = Sha256.digest();
        byte[] bytes = new byte[READ_BYTES];
        try (InputStream in = Files.newInputStream(data)) {
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                digest.update(bytes, 0, read);
                progress.verified(read);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private boolean isExpected(String sha256) {
        return file.sha256().map(sha256::equals).orElse(true);
    }

    private StoreException mismatch(String sha256) {
        return new StoreException(
                StoreProblem.CHECKSUM_MISMATCH,
                "Cannot use " + shown + ": the download of " + file.name() + " has the SHA-256 " + sha256
                        + ", but the hub announces " + file.sha256().orElse("")
                        + ". Nothing was kept. Something between here and the hub changes files: check HF_ENDPOINT and"
                        + " the proxies, then try again.");
    }

    /** Thrown by nothing else than reads of the network. */
    static IOException early() {
        return new EOFException();
    }
}
