package io.quern.store;

import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A file on a server: what the server says of it, and its parts. Thread-safe. */
final class Source {
    private static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);
    private static final int START_BYTES = 64;

    private final Http http;
    private final RemoteFile file;
    private final String shown;

    /**
     * Where the server has redirected to. Later parts are requested there, which saves a request each. Such URLs
     * expire, so after any failure the original one is used again.
     */
    private volatile URI direct;

    /**
     * What a server says of a file.
     *
     * @param ranges whether it sends parts
     * @param size in bytes, or -1 if unknown
     * @param validator strong ETag or time of the last change, which tells versions apart
     */
    record Facts(boolean ranges, long size, Optional<String> validator) {}

    /** The file is not the one whose first parts were fetched. */
    static final class ChangedException extends Exception {}

    /** @param shown the reference, for messages */
    Source(Http http, RemoteFile file, String shown) {
        this.http = http;
        this.file = file;
        this.shown = shown;
        this.direct = file.uri();
    }

    /**
     * Asks for the first bytes, which shows whether it is a GGUF file and whether the server sends parts.
     *
     * @throws IOException if the request may be repeated
     * @throws StoreException if the server refuses, or the file is no model
     */
    Facts facts() throws IOException, InterruptedException {
        try (Reply reply = http.get(file.uri(), Map.of("Range", "bytes=0-" + (START_BYTES - 1)))) {
            requireOk(reply);
            byte[] start = new byte[START_BYTES];
            int length = 0;
            for (int read = 0; read >= 0 && length < START_BYTES; length += Math.max(0, read)) {
                read = reply.read(start, length, START_BYTES - length);
            }
            requireGguf(Arrays.copyOf(start, length));
            Optional<String> etag = reply.header("ETag").filter(text -> text.startsWith("\""));
            return new Facts(
                    reply.part().isPresent(),
                    reply.part()
                            .map(Reply.Part::size)
                            .orElseGet(() -> reply.status() == 200
                                    ? reply.contentLength().orElse(-1)
                                    : -1),
                    etag.or(() -> reply.header("Last-Modified")));
        }
    }

    /**
     * Opens a part. The caller closes the reply.
     *
     * @param end position of the last byte
     * @throws ChangedException if the file has another validator or size
     */
    Reply part(long start, long end, Facts facts) throws IOException, InterruptedException, ChangedException {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Range", "bytes=" + start + "-" + end);
        facts.validator().ifPresent(validator -> headers.put("If-Range", validator));
        Reply reply = open(headers);
        try {
            if (reply.status() == 200 || reply.status() == 416 || reply.status() == 412) {
                throw new ChangedException();
            }
            requireOk(reply);
            Reply.Part part = reply.part().orElseThrow(() -> new IOException("an answer without a range"));
            if (part.size() != facts.size()) {
                throw new ChangedException();
            }
            if (part.start() != start) {
                throw new IOException("an answer with another range");
            }
            return reply;
        } catch (Throwable e) {
            reply.close();
            throw e;
        }
    }

    private Reply open(Map<String, String> headers) throws IOException, InterruptedException {
        URI uri = direct;
        if (!uri.equals(file.uri())) {
            try {
                Reply reply = http.get(uri, headers);
                if (reply.status() < 400) {
                    return reply;
                }
                reply.close();
            } catch (IOException e) {
                // the original URL may redirect to another server
            }
        }
        direct = file.uri();
        Reply reply = http.get(file.uri(), headers);
        direct = reply.status() == 206 ? reply.uri() : file.uri();
        return reply;
    }

    /** Opens the whole file. The caller closes the reply. */
    Reply whole() throws IOException, InterruptedException {
        Reply reply = http.get(file.uri(), Map.of());
        try {
            requireOk(reply);
            return reply;
        } catch (Throwable e) {
            reply.close();
            throw e;
        }
    }

    private void requireOk(Reply reply) throws IOException {
        int status = reply.status();
        if (status == 200 || status == 206) {
            return;
        }
        if (Retries.BusyException.isBusy(status)) {
            throw new Retries.BusyException(reply);
        }
        String host = reply.uri().getHost();
        throw switch (status) {
            case 401, 403 ->
                new StoreException(
                        StoreProblem.UNAUTHORIZED,
                        "Cannot download " + shown + ": " + host + " refuses access (status " + status
                                + "). Check that the URL is complete and has not expired.");
            case 404, 410 ->
                new StoreException(
                        StoreProblem.NOT_FOUND,
                        "Cannot find " + shown + ": " + host + " has no such file (status " + status
                                + "). Check the URL.");
            case 416 -> notGguf("it is empty");
            default ->
                new StoreException(
                        StoreProblem.SERVER_ERROR,
                        "Cannot download " + shown + ": " + host + " answered with status " + status
                                + ". Check the URL and the proxies.");
        };
    }

    private void requireGguf(byte[] start) throws IOException {
        if (start.length >= MAGIC.length && Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            return;
        }
        if (start.length == 0 && file.size() > 0) {
            throw new EOFException();
        }
        if (start.length == 0) {
            throw notGguf("it is empty");
        }
        String text = new String(start, StandardCharsets.ISO_8859_1).strip();
        boolean page = text.startsWith("<");
        throw notGguf(
                page ? "it is a web page, perhaps one for logging in" : "it does not begin with the letters GGUF");
    }

    private StoreException notGguf(String why) {
        return new StoreException(
                StoreProblem.NOT_A_MODEL,
                "Cannot use " + shown + ": the file is no model in GGUF format, " + why
                        + ". Name a file in GGUF format.");
    }
}
